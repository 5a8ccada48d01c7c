namespace OrleansAdapter.Grains;

/// <summary>What the log has for one room, or for one socket.</summary>
/// <param name="room">The room; default for a socket's.</param>
/// <param name="forgotten">The newest number that may have been dropped.</param>
internal sealed class LogTrack(Room room, long forgotten)
{
    private static readonly List<Entry> Nothing = [];

    private List<Entry> _entries = Nothing;
    private int _head;

    public Room Room { get; } = room;

    /// <summary>How many stays of sessions depend on it.</summary>
    public int Users { get; set; }

    /// <summary>The newest number that was dropped.</summary>
    public long Forgotten { get; private set; } = forgotten;

    public bool IsEmpty => _head == _entries.Count;

    public void Add(Entry entry)
    {
        if (IsEmpty || _entries[^1].Number != entry.Number)
        {
            _entries = ReferenceEquals(_entries, Nothing) ? [] : _entries;
            _entries.Add(entry);
        }
    }

    public void Drop(long number)
    {
        if (_head < _entries.Count && _entries[_head].Number == number)
        {
            _entries[_head++] = null!;
            Forgotten = number;
            if (_head > 32 && _head > _entries.Count / 2)
            {
                _entries.RemoveRange(0, _head);
                _head = 0;
            }
        }
    }

    /// <summary>Adds what was for the session; false where some of it may have been dropped.</summary>
    public bool Take(long after, long upTo, Session session, SortedDictionary<long, Entry> found)
    {
        if (Forgotten > after)
        {
            return false;
        }
        for (var i = SessionLog.FirstAfter(_entries, _head, after); i < _entries.Count && _entries[i].Number <= upTo; i++)
        {
            if (session.IsTarget(_entries[i].Operation.Target!, _entries[i].Number))
            {
                found[_entries[i].Number] = _entries[i];
            }
        }
        return true;
    }
}
