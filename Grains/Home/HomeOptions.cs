namespace OrleansAdapter;

/// <summary>The limits and times of a home. All times are in milliseconds.</summary>
public sealed record HomeOptions
{
    /// <summary>
    /// The lease of a life that asks for none (<c>HeartbeatTimeout</c>): without a message for so long it is removed. Servers renew it three times as often.
    /// </summary>
    public long Lease { get; init; } = 10_000;

    /// <summary>How long a new home waits for the servers of the one before, from the first that comes (PROTOCOL.md, H4).</summary>
    public long Hold { get; init; } = 1_500;

    /// <summary>
    /// How long it waits from the first server that remembers a home before, and so says for whom it waits. It has to be longer than a healthy server may
    /// take to notice that there is a new home: a call through a gateway that just died is noticed to be lost after 0.75 s, plus the second in which
    /// Orleans looks for such calls, and then it is asked again.
    /// </summary>
    public long HoldForKnown { get; init; } = 3_000;

    /// <summary>A gap between two ticks that is longer than this counts as a pause of the directory itself, and extends the leases.</summary>
    public long PauseThreshold { get; init; } = 500;

    /// <summary>How long a reported death is remembered, so that what is late from the dead process is refused.</summary>
    public long DeathMemory { get; init; } = 60_000;

    /// <summary>How many bytes may be logged since the oldest entry that a life has not acknowledged. A life beyond it is fenced.</summary>
    public long MailboxLimit { get; init; } = 64 << 20;

    /// <summary>How many clients may be away and still come back. Beyond, those that are away the longest cannot.</summary>
    public int MaximumAway { get; init; } = 100_000;

    /// <summary>How long a home waits after it told all lives of a change of the list, before it tells them of the next ones.</summary>
    internal long ListPause { get; init; } = 100;

    /// <summary>The most entries in one push.</summary>
    public int BatchEntries { get; init; } = 1024;

    /// <summary>The size after which a push is closed, in bytes; below what .NET counts as a large object. An entry larger than that travels alone.</summary>
    public int BatchBytes { get; init; } = 64 << 10;
}
