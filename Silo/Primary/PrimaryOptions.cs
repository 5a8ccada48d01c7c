using System.Net;
using OrleansAdapter.Silo.Engines;
using OrleansAdapter.Silo.Front;

namespace OrleansAdapter.Silo.Primary;

/// <summary>What the role <c>primary</c> was started with; valid.</summary>
/// <param name="Workers">How many workers.</param>
/// <param name="Port">The front's port; Port + i leads to worker i.</param>
/// <param name="Address">Where all of them are.</param>
/// <param name="Engine">What hosts the directory.</param>
/// <param name="Program">What a worker runs.</param>
internal sealed record PrimaryOptions(int Workers, int Port, IPAddress Address, DirectoryEngine Engine, string Program)
{
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

    /// <summary>Where worker <paramref name="number"/> can be reached, from 1; 0 for all of them.</summary>
    public IPEndPoint EndPointOf(int number) => new(Address, Port + number);
}

/// <summary>The primary cannot go on; the message is for whoever started it.</summary>
internal sealed class PrimaryException(string message) : Exception(message);
