namespace OrleansAdapter;

/// <summary>The limits and times of the list of servers and of the answers that wait for them. All times are in milliseconds.</summary>
public sealed record ServersOptions
{
    /// <summary>The lease of a server that asks for none (<c>HeartbeatTimeout</c>): without a message for so long it leaves the list.</summary>
    public long Lease { get; init; } = 10_000;

    /// <summary>A gap between two ticks that is longer than this counts as a pause of the directory itself, and extends the leases.</summary>
    public long PauseThreshold { get; init; } = 500;

    /// <summary>How long a reported death is remembered, so that what is late from the dead process is refused.</summary>
    public long DeathMemory { get; init; } = 60_000;

    /// <summary>
    /// How many bytes of answers may wait for one server. Beyond it a new part is refused: an error takes its place, which ends the request on that
    /// server's side. The errors themselves may take a sixteenth more; then parts are dropped, and the request ends by its own time limit.
    /// </summary>
    public long AnswersLimit { get; init; } = 64 << 20;

    /// <summary>How long an answer waits for its asker. After that an error takes its place.</summary>
    public long AnswerLife { get; init; } = 60_000;

    /// <summary>The size after which a batch of answers is closed, in bytes. An answer larger than that travels alone.</summary>
    public int BatchBytes { get; init; } = 1 << 20;
}
