using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Silo.Primary;

/// <summary>What the role <c>primary</c> was started with; valid.</summary>
/// <param name="Front">Where clients connect, and how many workers there are.</param>
/// <param name="Program">What a worker runs.</param>
internal sealed record PrimaryOptions(FrontAddress Front, string Program)
{
    /// <summary>Whether every worker is a silo as well.</summary>
    public bool Colocated { get; init; }

    /// <summary>Whether requests are passed on, in the place of connections being handed over.</summary>
    public bool Proxy { get; init; } = !OperatingSystem.IsLinux();

    /// <summary>How a worker is chosen for a connection.</summary>
    public BalancePolicy Balance { get; init; } = BalancePolicy.LeastConnection;

    /// <summary>How long a worker that is told to leave may take for it.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the front bounds.</summary>
    public FrontLimits Limits { get; init; } = new();

    /// <summary>Where the status can be asked for, on 127.0.0.1; 0 for any port.</summary>
    public int StatusPort { get; init; }

    /// <summary>The certificate that workers use for TLS, and its key where that is a file of its own; null for none, or what Kestrel's own configuration says.</summary>
    public (string File, string? Key)? Certificate { get; init; }
}
