namespace OrleansAdapter;

/// <summary>
/// What clients of hubs whose connection broke may come back to (<see cref="OrleansAdapterOptions.HubRecovery"/>). To be the same on all servers of the
/// cluster; where they differ, the most that any of them asks for is kept.
/// </summary>
public sealed class HubRecoveryOptions
{
    /// <summary>How many bytes of what makes connections join and leave groups are kept: that of the last seconds matters.</summary>
    private const long WindowBytes = 16 << 20;

    /// <summary>Longer than clients and servers take to notice that a connection is broken.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMinutes(1);

    /// <summary>How long a client may be away. Default 2 minutes; a day at most.</summary>
    public TimeSpan MaxDisconnectionDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether they can be kept to.</summary>
    internal bool IsValid => MaxDisconnectionDuration > TimeSpan.Zero && MaxDisconnectionDuration <= TimeSpan.FromDays(1);

    /// <summary>What the home is asked for: clients come back without what they missed, so that no packets are kept.</summary>
    internal RecoverySettings Settings()
    {
        var keep = (long)MaxDisconnectionDuration.TotalMilliseconds;
        return new RecoverySettings(keep, keep + (long)Unnoticed.TotalMilliseconds, WindowBytes, MaximumMissed: 0, KeepsPackets: false);
    }
}
