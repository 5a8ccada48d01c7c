namespace OrleansAdapter.Grains;

/// <summary>
/// What a home has for one life: the entries it has not acknowledged, in order. A view of the home's one log: it holds references, and the
/// log's byte count at each of them, so that "bytes logged since the oldest entry" is one subtraction (<see cref="Backlog"/>).
/// </summary>
internal sealed class Mailbox(long from)
{
    private readonly Queue<(Entry Entry, long Offset)> _entries = new();

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
        }
    }

    /// <summary>The next batch, if none is in flight (PROTOCOL.md, H8); else null.</summary>
    public Entry[]? NextBatch(HomeOptions options) => IsInFlight || _entries.Count == 0 ? null : Batch(options);

    /// <summary>The oldest unacknowledged entries, whether sent before or not: the answer to a read.</summary>
    public Entry[] Batch(HomeOptions options)
    {
        var count = 0;
        long bytes = 0;
        foreach (var (entry, _) in _entries)
        {
            if (count == options.BatchEntries || (count > 0 && bytes + entry.Operation.Size > options.BatchBytes))
            {
                break;
            }
            bytes += entry.Operation.Size;
            count++;
        }
        if (count == 0)
        {
            return [];
        }
        var batch = new Entry[count];
        var i = 0;
        foreach (var (entry, _) in _entries)
        {
            batch[i] = entry;
            if (++i == count)
            {
                break;
            }
        }
        Sent = Math.Max(Sent, batch[^1].Number);
        return batch;
    }
}
