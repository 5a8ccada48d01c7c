namespace OrleansAdapter.Silo.Front;

/// <summary>The limits and times of the front.</summary>
internal sealed record FrontLimits
{
    /// <summary>How many connections may wait to be accepted.</summary>
    public const int Backlog = 4096;

    /// <summary>How many connections are accepted before other events are handled.</summary>
    public const int PerTurn = 64;

    /// <summary>How soon a worker that was full is tried again.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(20);

    /// <summary>How long no connection is accepted when this process has no file descriptor left.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How many connections may have no worker yet; beyond it the one that has waited longest is closed.</summary>
    public int Arrivals { get; init; } = 2048;

    /// <summary>How long a connection may take to send its first line, and then to find a worker.</summary>
    public TimeSpan Arrival { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>About how many seconds the kernel holds back a connection that has sent nothing yet.</summary>
    public int SilentSeconds { get; init; } = 1;

    /// <summary>How long a client that was refused has to close its connection.</summary>
    public TimeSpan Refused { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker may give no sign of life before it is replaced; zero for ever.</summary>
    public TimeSpan HungAfter { get; init; } = TimeSpan.FromSeconds(15);
}
