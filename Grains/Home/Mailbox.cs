namespace OrleansAdapter.Grains;

/// <summary>
/// What a home has for one life: the entries it has not acknowledged, in order. A view of the home's one log: it holds references, and the
/// log's byte count at each of them, so that "bytes logged since the oldest entry" is one subtraction (<see cref="Backlog"/>).
/// </summary>
internal sealed class Mailbox(long from)
{
    private readonly Queue<(Entry Entry, long Offset)> _entries = new();

    /// <summary>How many of them, from the oldest on, are in flight.</summary>
    private int _inFlight;

    /// <summary>Where the batch before the last one ended: when that is acknowledged, at most one is in flight.</summary>
    private long _windowStart = from;

    /// <summary>The number up to which the life has acknowledged.</summary>
    public long Acknowledged { get; private set; } = from;

    /// <summary>The number up to which entries have been sent.</summary>
    public long Sent { get; private set; } = from;

    /// <summary>Whether something was sent that is not acknowledged.</summary>
    public bool IsInFlight => Sent > Acknowledged;

    /// <summary>The newest number that was ever in here.</summary>
    public long Last { get; private set; } = from;

    public int Count => _entries.Count;

    /// <summary>The number of the oldest unacknowledged entry; null when there is none.</summary>
    public long? Oldest => _entries.TryPeek(out var first) ? first.Entry.Number : null;

    /// <summary>The home's byte count when the oldest unacknowledged entry was logged; only where there is one.</summary>
    public long OldestOffset => _entries.Peek().Offset;

    public void Append(Entry entry, long offset)
    {
        _entries.Enqueue((entry, offset));
        Last = entry.Number;
    }

    public void Acknowledge(long handled)
    {
        if (handled <= Acknowledged)
        {
            return;
        }
        Acknowledged = handled;
        while (_entries.TryPeek(out var first) && first.Entry.Number <= handled)
        {
            _entries.Dequeue();
            _inFlight = Math.Max(0, _inFlight - 1);
        }
    }

    /// <summary>The next batch, if not more than one is in flight (PROTOCOL.md, H8); else null.</summary>
    /// <param name="options">How large it may be.</param>
    /// <param name="previous">The number that it follows: who has handled all up to there misses nothing before the batch.</param>
    public Entry[]? NextBatch(HomeOptions options, out long previous)
    {
        previous = Math.Max(Sent, Acknowledged);
        if (_inFlight == _entries.Count || Acknowledged < _windowStart)
        {
            return null;
        }
        _windowStart = previous;
        return Batch(options);
    }

    /// <summary>The oldest unacknowledged entries, whether sent before or not: the answer to a read. Until they are acknowledged nothing follows.</summary>
    public Entry[] ReadBatch(HomeOptions options)
    {
        (_inFlight, Sent) = (0, Acknowledged);
        Entry[] batch = _entries.Count == 0 ? [] : Batch(options);
        _windowStart = Sent; // what follows would overtake the answer
        return batch;
    }

    /// <summary>The entries behind those in flight, of which there is at least one; they are in flight from now on.</summary>
    private Entry[] Batch(HomeOptions options)
    {
        var batch = new Entry[BatchCount(options)];
        var place = -_inFlight;
        foreach (var (entry, _) in _entries)
        {
            if (place == batch.Length)
            {
                break;
            }
            if (place >= 0)
            {
                batch[place] = entry;
            }
            place++;
        }
        _inFlight += batch.Length;
        Sent = batch[^1].Number;
        return batch;
    }

    private int BatchCount(HomeOptions options)
    {
        var count = -_inFlight;
        long bytes = 0;
        foreach (var (entry, _) in _entries)
        {
            if (count >= 0)
            {
                bytes += entry.Operation.Size;
                if (count == options.BatchEntries || (count > 0 && bytes > options.BatchBytes))
                {
                    break;
                }
            }
            count++;
        }
        return count;
    }
}
