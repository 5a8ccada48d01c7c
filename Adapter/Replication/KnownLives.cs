namespace OrleansAdapter.Replication;

/// <summary>
/// The lives in the home, as far as its messages have told of them: the whole list once in a session, and then what changed (PROTOCOL.md, W4).
/// </summary>
internal sealed class KnownLives
{
    private ServerId[] _lives = [];

    /// <summary>The lives, ascending. Never changed: a change makes another one.</summary>
    public IReadOnlyList<ServerId> List => _lives;

    /// <summary>The version of the list; 0 while this session has brought none.</summary>
    public long Version { get; private set; }

    /// <summary>A session begins. Its versions have nothing to do with those before; the list is the last one known until its own comes.</summary>
    /// <param name="removed">The home's last number when a life left that it had.</param>
    public void BeginSession(long removed) => (Version, Removed) = (0, Math.Max(Removed, removed));

    public void Clear() => (_lives, Version, Removed) = ([], 0, 0);

    public bool Contains(ServerId life) => Array.BinarySearch(_lives, life) >= 0;

    /// <summary>
    /// Whether a head tells all that is not known yet. One that does not comes from no home that keeps to the protocol: changes begin at a version that was
    /// named.
    /// </summary>
    public bool Covers(Head head) =>
        head.ListVersion <= Version || head.List is not null || (Version > 0 && head.Changes is { } changes && head.ListVersion - changes.Count <= Version);

    /// <summary>When the home had given this number, the newest life that has gone, as the list tells, had done so.</summary>
    public long Removed { get; private set; }

    /// <summary>Takes what is news; false where nothing is.</summary>
    public bool Take(Head head)
    {
        if (head.ListVersion <= Version || !Covers(head))
        {
            return false;
        }
        if (head.List is { } list)
        {
            var before = _lives;
            _lives = [.. list.Order()];
            // One that was never known here may have come and gone within a session.
            Removed = Version > 0 || !Array.TrueForAll(before, Contains) ? head.Number : Removed;
        }
        else if (head.Changes is { } changes)
        {
            var first = changes.Count - (int)(head.ListVersion - Version);
            Apply(changes, first);
            Removed = changes.Skip(first).Any(static change => !change.IsThere) ? head.Number : Removed;
        }
        Version = head.ListVersion;
        return true;
    }

    private void Apply(IReadOnlyList<ListChange> changes, int first)
    {
        var lives = new List<ServerId>(_lives);
        for (var i = first; i < changes.Count; i++)
        {
            var (life, isThere) = changes[i];
            var index = lives.BinarySearch(life);
            if (isThere && index < 0)
            {
                lives.Insert(~index, life);
            }
            else if (!isThere && index >= 0)
            {
                lives.RemoveAt(index);
            }
        }
        _lives = [.. lives];
    }
}
