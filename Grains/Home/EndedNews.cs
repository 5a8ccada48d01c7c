namespace OrleansAdapter.Grains;

/// <summary>The sessions that a life is to be told of, as they ended while their clients were away. Numbered, and kept until the life names them.</summary>
internal sealed class EndedNews
{
    /// <summary>As many clients as may be away by default: all of them may end at once.</summary>
    public const int Most = 100_000;

    private const int MostAtOnce = 1_000;
    private const int BytesAtOnce = 256 << 10;

    private readonly Queue<EndedSession> _waiting = new();
    private long _last;

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyCollection<EndedSession> Waiting => _waiting;

    /// <summary>Adds one; where too many wait, the oldest is dropped.</summary>
    public void Add(EndedSession session)
    {
        _last++;
        _waiting.Enqueue(session);
        if (_waiting.Count > Most)
        {
            _waiting.Dequeue();
        }
    }

    /// <summary>The life has taken all up to here.</summary>
    public void Acknowledge(long upTo)
    {
        while (_waiting.Count > 0 && _last - _waiting.Count + 1 <= upTo)
        {
            _waiting.Dequeue();
        }
    }

    /// <summary>The oldest ones, as many as fit into a message, and the number of the last one of them.</summary>
    public (IReadOnlyList<EndedSession> Sessions, long UpTo) Next()
    {
        List<EndedSession> next = [];
        long bytes = 0;
        foreach (var session in _waiting)
        {
            bytes += session.Data.Length;
            if (next.Count == MostAtOnce || (next.Count > 0 && bytes > BytesAtOnce))
            {
                break;
            }
            next.Add(session);
        }
        return (next, _last - _waiting.Count + next.Count);
    }
}
