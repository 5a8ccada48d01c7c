namespace OrleansAdapter.Grains;

/// <summary>The requests that some server has acted on, or is about to, by the hashes of their ids: each for the window, and no more than so many.</summary>
internal sealed class OnceTable
{
    /// <summary>How many are kept: about 20 MB.</summary>
    public const int Most = 250_000;

    private readonly Dictionary<SecretHash, long> _since = [];
    private readonly PriorityQueue<SecretHash, long> _oldest = new();

    public int Count => _since.Count;

    /// <summary>When the newest one was acted on; null where there is none.</summary>
    public long? Newest { get; private set; }

    public bool Contains(SecretHash id) => _since.ContainsKey(id);

    /// <summary>Adds one that was acted on at a time; where it is known, the later time counts.</summary>
    public void Add(SecretHash id, long since)
    {
        if (!_since.TryGetValue(id, out var known) || known < since)
        {
            _since[id] = since;
            Newest = Math.Max(Newest ?? since, since);
            _oldest.Enqueue(id, since);
        }
    }

    /// <summary>Forgets what was acted on before a time.</summary>
    public void Trim(long before)
    {
        while (_oldest.TryPeek(out var id, out var since) && since < before)
        {
            _oldest.Dequeue();
            if (_since.TryGetValue(id, out var last) && last == since)
            {
                _since.Remove(id);
            }
        }
        Newest = _since.Count == 0 ? null : Newest;
    }

    /// <summary>All that it knows, and since when.</summary>
    public IEnumerable<(SecretHash Id, long Since)> All => _since.Select(each => (each.Key, each.Value));
}
