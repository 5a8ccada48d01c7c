using System.Net;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Silo.Primary;

/// <summary>The options of the role <c>primary</c>, checked.</summary>
/// <param name="Front">Where clients connect, and how many workers there are.</param>
/// <param name="Program">What a worker runs.</param>
internal sealed record PrimaryOptions(FrontAddress Front, string Program)
{
    /// <summary>Whether every worker is a silo as well.</summary>
    public bool Colocated { get; init; }

    /// <summary>The cluster of several machines to join; null for one of its own.</summary>
    public ClusterRun? Cluster { get; init; }

    /// <summary>Whether requests are passed on instead of connections being handed over.</summary>
    public bool Proxy { get; init; } = !OperatingSystem.IsLinux();

    /// <summary>How a worker is chosen for a connection.</summary>
    public BalancePolicy Balance { get; init; } = BalancePolicy.LeastConnection;

    /// <summary>How long a worker may take to leave when it is told to.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The limits of the front.</summary>
    public FrontLimits Limits { get; init; } = new();

    /// <summary>The port on 127.0.0.1 where everybody on this machine can ask for the status; 0 for none.</summary>
    public int StatusPort { get; init; }

    /// <summary>Where the metrics of all processes are shown; null for nowhere.</summary>
    public IPEndPoint? Observe { get; init; }

    /// <summary>Where Orleans' dashboard of the directory is shown, on this machine; null for nowhere.</summary>
    public IPEndPoint? Dashboard { get; init; }

    /// <summary>The certificate for TLS, and its key where that is a file of its own; null for none, or what Kestrel's configuration says.</summary>
    public (string File, string? Key)? Certificate { get; init; }
}
