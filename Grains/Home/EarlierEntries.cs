namespace OrleansAdapter.Grains;

/// <summary>What was for a session's client before this home began, as its holder has told (PROTOCOL.md, S12).</summary>
/// <param name="after">Behind which number nothing is missing.</param>
/// <param name="entries">The packets, in order.</param>
internal sealed class EarlierEntries(long after, IReadOnlyList<Entry> entries)
{
    public long After { get; } = after;

    public IReadOnlyList<Entry> Entries { get; } = entries;

    public long Bytes { get; } = entries.Sum(static entry => (long)entry.Operation.Size);
}

/// <summary>What a session's holder was asked of the time before this home, and has told.</summary>
internal sealed class SessionRecall
{
    /// <summary>Behind which number it was asked last, and when; null where it has answered.</summary>
    public (long After, long Time)? Asked { get; set; }

    /// <summary>Behind which number it could not tell, and why; null where it could.</summary>
    public (long After, ClaimRefusal Refusal)? Refused { get; set; }

    /// <summary>What it has told.</summary>
    public EarlierEntries? Earlier { get; set; }
}

/// <summary>What sessions have of them together: bounded in bytes and time.</summary>
internal sealed class EarlierStore
{
    private readonly Queue<(Session Session, EarlierEntries Entries, long Time)> _kept = new();

    public long Bytes { get; private set; }

    /// <summary>Keeps what the holder has told; false where there is no room for it.</summary>
    public bool Keep(Session session, EarlierEntries entries, long now, long mostBytes)
    {
        Drop(session);
        if (Bytes + entries.Bytes > mostBytes)
        {
            return false;
        }
        (session.Trail.Recall ??= new SessionRecall()).Earlier = entries;
        Bytes += entries.Bytes;
        _kept.Enqueue((session, entries, now));
        return true;
    }

    /// <summary>Drops what is older than a time.</summary>
    public void Trim(long before)
    {
        while (_kept.TryPeek(out var oldest) && (oldest.Time < before || oldest.Session.Earlier != oldest.Entries))
        {
            _kept.Dequeue();
            if (oldest.Session.Earlier == oldest.Entries)
            {
                Drop(oldest.Session);
            }
        }
    }

    public void Drop(Session session)
    {
        if (session.Earlier is { } earlier)
        {
            Bytes -= earlier.Bytes;
            session.Trail.Recall!.Earlier = null;
        }
    }
}
