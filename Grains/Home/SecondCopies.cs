namespace OrleansAdapter.Grains;

/// <summary>
/// The entries that only the home's own machine has so far, whose publishers wait for another machine to have them as well (PROTOCOL.md, H13). It keeps
/// nothing, and costs nothing, where the cluster has one machine.
/// </summary>
internal sealed class SecondCopies
{
    private readonly List<Life> _told = [];
    private string? _machine;

    /// <summary>Whether the cluster has several machines, so that one can be lost and others go on.</summary>
    public bool AreNeeded => _machine is not null;

    /// <summary>Whether somebody is to be told.</summary>
    public bool HasNews => _told.Count > 0;

    /// <summary>Where the home is; null where its machine is the only one.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="lives">All lives, whose entries wait no more where there is no other machine.</param>
    public void SetMachine(string? machine, IEnumerable<Life> lives)
    {
        if (machine == _machine)
        {
            return;
        }
        _machine = machine;
        if (machine is not null)
        {
            return;
        }
        foreach (var life in lives)
        {
            life.Awaited?.Clear();
            if (life.Unheld is { Count: > 0 })
            {
                life.Unheld.Clear();
                Told(life);
            }
        }
    }

    /// <summary>Whether a life is known to be on another machine than the home.</summary>
    public bool IsElsewhere(Life life) => life.Machine is { } machine && machine != _machine;

    /// <summary>An entry went into the mailboxes of these. Entries come in the order of their numbers.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="publisher">Its publisher; null where that is not in the home: then nobody waits.</param>
    /// <param name="targets">Whose mailboxes it went into.</param>
    public void Appended(Entry entry, Life? publisher, List<Life> targets)
    {
        if (publisher is null || IsElsewhere(publisher) || !entry.Operation.IsBroadcast)
        {
            return; // its publisher keeps it until all have it, or waits for something else
        }
        WaitingEntry? waiting = null;
        foreach (var life in targets)
        {
            if (life != publisher && (life.Machine is null || life.Machine != _machine))
            {
                waiting ??= new WaitingEntry(entry.Number, publisher);
                waiting.Targets++;
                (life.Awaited ??= new()).Enqueue(waiting);
            }
        }
        if (waiting is not null)
        {
            (publisher.Unheld ??= new()).Enqueue(waiting);
        }
    }

    /// <summary>A life has handled everything up to a number.</summary>
    public void Acknowledge(Life life, long handled)
    {
        while (life.Awaited is { } awaited && awaited.TryPeek(out var waiting) && waiting.Number <= handled)
        {
            awaited.Dequeue();
            if (--waiting.Targets == 0 || life.Machine is not null)
            {
                Hold(waiting);
            }
        }
    }

    /// <summary>A life is gone: what was for it is for nobody on its machine any more, and it is told of nothing.</summary>
    public void Remove(Life life)
    {
        foreach (var waiting in life.Awaited ?? [])
        {
            if (--waiting.Targets == 0)
            {
                Hold(waiting);
            }
        }
        (life.Awaited, life.Unheld, life.HasHeldNews) = (null, null, false);
    }

    /// <summary>Up to here what a life published is on a second machine; <see cref="Head.AllHeld"/> where nothing of it waits.</summary>
    public static long HeldOf(Life life) => life.Unheld is { } unheld && unheld.TryPeek(out var first) ? first.Number - 1 : Head.AllHeld;

    /// <summary>The lives for which more is held than they were told; the caller tells them. None is among them twice.</summary>
    public List<Life> TakeNews()
    {
        _told.RemoveAll(static life => !life.HasHeldNews);
        return _told;
    }

    private void Hold(WaitingEntry waiting)
    {
        waiting.IsHeld = true;
        if (waiting.Publisher.Unheld is not { } unheld)
        {
            return; // gone
        }
        var before = unheld.Count;
        while (unheld.TryPeek(out var first) && first.IsHeld)
        {
            unheld.Dequeue();
        }
        if (unheld.Count < before)
        {
            Told(waiting.Publisher);
        }
    }

    private void Told(Life life)
    {
        if (!life.HasHeldNews)
        {
            life.HasHeldNews = true;
            _told.Add(life);
        }
    }
}

/// <summary>An entry whose publisher waits until it is on a second machine.</summary>
internal sealed class WaitingEntry(long number, Life publisher)
{
    public long Number { get; } = number;

    public Life Publisher { get; } = publisher;

    /// <summary>How many lives that may be elsewhere have it in their mailboxes still.</summary>
    public int Targets { get; set; }

    public bool IsHeld { get; set; }
}
