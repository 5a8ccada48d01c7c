namespace OrleansAdapter.SocketIO;

/// <summary>
/// What clients whose connection broke may come back to (<see cref="SocketIOOptions.ConnectionStateRecovery"/>). Names and defaults are the reference's,
/// where it has them. To be the same on all servers of the cluster; where they differ, the most that any of them asks for is kept.
/// </summary>
public sealed class ConnectionStateRecoveryOptions
{
    /// <summary>How long a client may be away. Default 2 minutes.</summary>
    public TimeSpan MaxDisconnectionDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a client that comes back is let in without the namespace's middlewares. Default: yes.</summary>
    public bool SkipMiddlewares { get; set; } = true;

    /// <summary>
    /// How many bytes of packets are kept in each namespace for clients that come back. Default 64 MB. A client that missed what is gone begins anew.
    /// </summary>
    public long WindowBytes { get; set; } = 64 << 20;

    /// <summary>How many packets a client may have missed and still come back. Default 10,000.</summary>
    public int MaxReplayedEvents { get; set; } = 10_000;

    /// <summary>What is wrong, each with the option's name.</summary>
    internal IEnumerable<string> Errors()
    {
        if (MaxDisconnectionDuration <= TimeSpan.Zero || MaxDisconnectionDuration > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(MaxDisconnectionDuration)} must be positive, and at most a day.";
        }
        if (WindowBytes < 1)
        {
            yield return $"{nameof(WindowBytes)} must be positive.";
        }
        if (MaxReplayedEvents < 0)
        {
            yield return $"{nameof(MaxReplayedEvents)} must not be negative.";
        }
    }

    /// <summary>What the home is asked for. A break is noticed late, so packets are kept longer than sessions.</summary>
    internal RecoverySettings Settings(SocketIOOptions options)
    {
        var keep = (long)MaxDisconnectionDuration.TotalMilliseconds;
        return new RecoverySettings(keep, keep + (long)(options.PingInterval + options.PingTimeout).TotalMilliseconds, WindowBytes, MaxReplayedEvents);
    }
}
