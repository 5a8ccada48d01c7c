namespace OrleansAdapter;

/// <summary>
/// What clients of hubs whose connection broke may come back to (<see cref="OrleansAdapterOptions.HubRecovery"/>). To be the same on all servers of the
/// cluster; where they differ, the most that any of them asks for is kept.
/// </summary>
public sealed class HubRecoveryOptions
{
    /// <summary>What is kept of what makes connections join and leave groups, where no invocations are kept: that of the last seconds matters.</summary>
    private const long SteeringBytes = 16 << 20;

    /// <summary>Longer than clients and servers take to notice that a connection is broken.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMinutes(1);

    /// <summary>How long a client may be away. Default 2 minutes; a day at most.</summary>
    public TimeSpan MaxDisconnectionDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How many invocations a client that asks for it may have missed and still be given them. Default 0: clients come back without what they missed, and no
    /// invocations are kept for them.
    /// </summary>
    public int MaxReplayedInvocations { get; set; }

    /// <summary>How many bytes of invocations are kept for each hub, where any are. Default 64 MB. A client that missed what is gone begins anew.</summary>
    public long WindowBytes { get; set; } = 64 << 20;

    /// <summary>What is wrong, each with the option's name.</summary>
    internal IEnumerable<string> Errors()
    {
        if (MaxDisconnectionDuration <= TimeSpan.Zero || MaxDisconnectionDuration > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(MaxDisconnectionDuration)} must be positive, and at most a day.";
        }
        if (MaxReplayedInvocations < 0)
        {
            yield return $"{nameof(MaxReplayedInvocations)} must not be negative.";
        }
        if (WindowBytes < 1)
        {
            yield return $"{nameof(WindowBytes)} must be positive.";
        }
    }

    /// <summary>What the home is asked for.</summary>
    internal RecoverySettings Settings()
    {
        var keep = (long)MaxDisconnectionDuration.TotalMilliseconds;
        var keepsPackets = MaxReplayedInvocations > 0;
        return new RecoverySettings(
            keep, keep + (long)Unnoticed.TotalMilliseconds, keepsPackets ? WindowBytes : SteeringBytes, MaxReplayedInvocations, keepsPackets);
    }
}
