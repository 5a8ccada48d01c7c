namespace OrleansAdapter.Grains;

/// <summary>
/// The list of a home's lives as servers are told of it. Its version grows by one with each life that comes or goes; whoever has named a version gets what
/// changed since, and the whole list only where it has named none, or where the changes would be longer.
/// </summary>
internal sealed class LifeList
{
    /// <summary>The newest changes, the last one that of <see cref="Version"/>; never more than there are lives.</summary>
    private readonly List<ListChange> _changes = [];
    private ServerId[] _lives = [];
    private ListChange[] _told = [];
    private long _toldVersion;

    /// <summary>The lives, in a fixed order. Never changed: a change makes another one.</summary>
    public IReadOnlyList<ServerId> Lives => _lives;

    /// <summary>The version; 0 before the home has opened.</summary>
    public long Version { get; private set; }

    /// <summary>The home opens with these lives.</summary>
    public void Begin(IEnumerable<ServerId> lives)
    {
        _lives = [.. lives.Order()];
        Version = 1;
    }

    public void Add(ServerId life)
    {
        var index = ~Array.BinarySearch(_lives, life);
        _lives = [.. _lives.AsSpan(0, index), life, .. _lives.AsSpan(index)];
        Changed(new ListChange(life, IsThere: true));
    }

    public void Remove(ServerId life)
    {
        var index = Array.BinarySearch(_lives, life);
        _lives = [.. _lives.AsSpan(0, index), .. _lives.AsSpan(index + 1)];
        Changed(new ListChange(life, IsThere: false));
    }

    /// <summary>What somebody must be told who has named a version; 0 for who has named none.</summary>
    public (IReadOnlyList<ServerId>? List, IReadOnlyList<ListChange>? Changes) Since(long named)
    {
        if (named == Version)
        {
            return (null, null);
        }
        return named < Version && named >= Version - _changes.Count ? (null, ChangesSince(named)) : (_lives, null);
    }

    /// <summary>A change is told to all, and most have named the same version: they share what they are told.</summary>
    private ListChange[] ChangesSince(long named)
    {
        var count = (int)(Version - named);
        if (_toldVersion != Version || _told.Length != count)
        {
            (_toldVersion, _told) = (Version, _changes[^count..].ToArray());
        }
        return _told;
    }

    private void Changed(ListChange change)
    {
        Version++;
        _changes.Add(change);
        if (_changes.Count > _lives.Length)
        {
            _changes.RemoveRange(0, _changes.Count - _lives.Length);
        }
    }
}
