namespace OrleansAdapter.Grains;

/// <summary>
/// What the lives of a home have not acknowledged, over all mailboxes: how many entries, and which is the oldest. Lives that have something waiting are
/// kept in a heap by their oldest entry, so nobody has to look at every life to know how far the slowest one is behind: an entry that is appended or
/// acknowledged costs a few steps at most, and lives with empty mailboxes cost nothing.
/// </summary>
internal sealed class Backlog
{
    private readonly List<Life> _heap = [];
    private long _logged;
    private long _forgiven;

    /// <summary>How many entries wait, over all lives.</summary>
    public long Count { get; private set; }

    /// <summary>The number of the oldest entry that anybody has not acknowledged; null when there is none.</summary>
    public long? Oldest => _heap.Count == 0 ? null : _heap[0].Mailbox.Oldest;

    /// <summary>The life whose oldest entry is the oldest of all; null when nothing waits.</summary>
    public Life? Slowest => _heap.Count == 0 ? null : _heap[0];

    /// <summary>How often lives were compared or moved: what tests count.</summary>
    public long Steps { get; private set; }

    /// <summary>How many bytes were logged since a life's oldest entry, whomever they were for, or since what was forgiven.</summary>
    public long Behind(Life life) => life.Mailbox.Count == 0 ? 0 : _logged - Math.Max(life.Mailbox.OldestOffset, _forgiven);

    /// <summary>What has been logged so far does not count as being behind: nobody had a chance to acknowledge it.</summary>
    public void Forgive() => _forgiven = _logged;

    /// <summary>Puts an entry into the mailbox of each of its targets. Entries come in the order of their numbers.</summary>
    public void Append(Entry entry, List<Life> targets)
    {
        foreach (var life in targets)
        {
            life.Mailbox.Append(entry, _logged);
            if (life.HeapIndex < 0)
            {
                // Nobody's oldest entry is newer, so the end of the heap is its place.
                life.HeapIndex = _heap.Count;
                _heap.Add(life);
            }
            Steps++;
        }
        Count += targets.Count;
        _logged += entry.Operation.Size;
    }

    /// <summary>A life has handled everything up to a number.</summary>
    public void Acknowledge(Life life, long handled)
    {
        var before = life.Mailbox.Count;
        life.Mailbox.Acknowledge(handled);
        Count -= before - life.Mailbox.Count;
        if (life.Mailbox.Count == 0)
        {
            RemoveFromHeap(life);
        }
        else if (life.Mailbox.Count < before)
        {
            MoveDown(life);
        }
    }

    /// <summary>A life is gone: what waited for it waits for nobody.</summary>
    public void Remove(Life life)
    {
        Count -= life.Mailbox.Count;
        RemoveFromHeap(life);
    }

    private void RemoveFromHeap(Life life)
    {
        var index = life.HeapIndex;
        if (index < 0)
        {
            return;
        }
        life.HeapIndex = -1;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last != life)
        {
            Place(last, index);
            MoveUp(last);
            MoveDown(last);
        }
    }

    private void MoveUp(Life life)
    {
        while (life.HeapIndex > 0 && IsOlder(life, _heap[(life.HeapIndex - 1) / 2]))
        {
            Swap(life, _heap[(life.HeapIndex - 1) / 2]);
        }
    }

    private void MoveDown(Life life)
    {
        while (OldestChild(life.HeapIndex) is { } child && IsOlder(child, life))
        {
            Swap(life, child);
        }
    }

    private Life? OldestChild(int index)
    {
        var (left, right) = ((2 * index) + 1, (2 * index) + 2);
        return left >= _heap.Count ? null : right < _heap.Count && IsOlder(_heap[right], _heap[left]) ? _heap[right] : _heap[left];
    }

    private bool IsOlder(Life one, Life other)
    {
        Steps++;
        return one.Mailbox.Oldest < other.Mailbox.Oldest;
    }

    private void Swap(Life one, Life other)
    {
        var (first, second) = (one.HeapIndex, other.HeapIndex);
        Place(one, second);
        Place(other, first);
    }

    private void Place(Life life, int index)
    {
        _heap[index] = life;
        life.HeapIndex = index;
    }
}
