namespace OrleansAdapter.Silo.Front;

/// <summary>What the front bounds, whatever comes.</summary>
internal sealed record FrontLimits
{
    /// <summary>How many connections may wait to be accepted.</summary>
    public const int Backlog = 4096;

    /// <summary>How many are accepted in one turn.</summary>
    public const int PerTurn = 64;

    /// <summary>After which time a worker that would take nothing is tried again.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(20);

    /// <summary>How long nothing is accepted where this process has no descriptor left.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How many connections may be on their way to a worker at a time; beyond it the one that has waited longest is closed.</summary>
    public int Arrivals { get; init; } = 2048;

    /// <summary>How long a connection may take to send its first line, and to find a worker then.</summary>
    public TimeSpan Arrival { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long, in seconds, the system keeps a connection that has sent nothing to itself, about.</summary>
    public int SilentSeconds { get; init; } = 1;

    /// <summary>How long a refused one has to hang up.</summary>
    public TimeSpan Refused { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker may give no sign of life; zero for ever.</summary>
    public TimeSpan HungAfter { get; init; } = TimeSpan.FromSeconds(15);
}
