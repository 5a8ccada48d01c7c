using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using OrleansAdapter.Grains;
using OrleansAdapter.Security;

namespace OrleansAdapter.Silo;

/// <summary>
/// The directory of one run: its settings, which the silo and the workers get as environment variables, and the primary's reports to it. Workers are
/// clients of the silo or, colocated, silos as well. Disposing it leaves nothing behind.
/// </summary>
internal sealed class DirectoryRun : IAsyncDisposable
{
    /// <summary>The section of the configuration that the silo and the workers read.</summary>
    public const string Section = DirectoryOptions.Section;

    /// <summary>The section that only the directory's own silo reads.</summary>
    public const string SiloSection = "OrleansAdapter:Silo";

    private const string EnvironmentPrefix = "OrleansAdapter__Directory__";
    private const string SiloPrefix = "OrleansAdapter__Silo__";

    private readonly DirectorySupervisor _supervisor;

    /// <param name="directory">The run's private directory, which is removed after it.</param>
    /// <param name="colocated">Whether workers are silos as well.</param>
    /// <exception cref="OptionsException">The environment sets a port that is none.</exception>
    public DirectoryRun(string directory, bool colocated)
    {
        var (freeSiloPort, freeGatewayPort) = FreePorts();
        var siloPort = Port(nameof(DirectoryClusterOptions.SiloPort)) ?? freeSiloPort;
        var gatewayPort = Port(nameof(DirectoryClusterOptions.GatewayPort)) ?? freeGatewayPort;
        var gateway = new IPEndPoint(IPAddress.Loopback, gatewayPort).ToString();

        // A name of its own, so that runs do not mix, unless somebody chose one to join with. No secret: that is in a file, which only this user can read.
        var cluster = Set(EnvironmentPrefix + nameof(DirectoryClusterOptions.ClusterId)) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var secretFile = SecretFile(directory);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [EnvironmentPrefix + nameof(DirectoryClusterOptions.ClusterId)] = cluster,
            [EnvironmentPrefix + nameof(DirectoryClusterOptions.Gateways) + "__0"] = gateway,
            [EnvironmentPrefix + nameof(DirectoryClusterOptions.SecretFile)] = secretFile,
            [SiloPrefix + nameof(DirectoryClusterOptions.SiloPort)] = siloPort.ToString(CultureInfo.InvariantCulture),
            [SiloPrefix + nameof(DirectoryClusterOptions.GatewayPort)] = gatewayPort.ToString(CultureInfo.InvariantCulture),
        };
        var membershipFile = colocated ? Path.Combine(directory, "membership") : null;
        if (membershipFile is not null)
        {
            environment[EnvironmentPrefix + nameof(DirectoryClusterOptions.MembershipFile)] = membershipFile;
        }
        IsColocated = colocated;
        Environment = environment;
        var options = new DirectoryClusterOptions
        {
            ClusterId = cluster,
            Gateways = { gateway },
            MembershipFile = membershipFile,
            ServiceId = Set(EnvironmentPrefix + nameof(DirectoryClusterOptions.ServiceId)) ?? new DirectoryClusterOptions().ServiceId,
            SecretFile = secretFile,
        };
        new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection($"{Section}:{nameof(options.Tls)}").Bind(options.Tls);
        if (options.Tls.Errors().FirstOrDefault() is { } error)
        {
            throw new OptionsException($"the environment variable {EnvironmentPrefix}{nameof(options.Tls)}__{error.TrimEnd('.')}");
        }
        new ClusterFile(cluster, options.ServiceId, [gateway], secretFile).Write(directory);
        _supervisor = new DirectorySupervisor(options);
    }

    /// <summary>Whether workers are silos as well.</summary>
    public bool IsColocated { get; }

    /// <summary>The environment variables for the directory's process and the workers. They may hold secrets.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Reports to the directory that a worker's process is dead. Returns when all homes have taken note, however long the directory is away.</summary>
    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDeathAsync(process, cancellationToken);

    /// <summary>Reports to the workers' silos, where there are any, that the directory's process is dead. It is about to be started again.</summary>
    public Task DirectoryDiedAsync() => _supervisor.DirectoryDiedAsync();

    /// <summary>Ends when the directory's process has answered; throws where it does not.</summary>
    public Task PingAsync(CancellationToken cancellationToken) => _supervisor.PingAsync(cancellationToken);

    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    /// <summary>The file with the secret that the environment names, so that others can join; else one that is drawn for this run.</summary>
    private static string SecretFile(string directory)
    {
        const string variable = EnvironmentPrefix + nameof(DirectoryClusterOptions.SecretFile);
        if (Set(variable) is not { } file)
        {
            return ClusterFile.DrawSecret(directory);
        }
        file = Path.GetFullPath(file);
        return ClusterSecret.Error(file) is { } error ? throw new OptionsException($"the environment variable {variable}: {error}") : file;
    }

    private static string? Set(string variable) => System.Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    /// <summary>Reads a port that the environment sets; null where it sets none, or 0 for any.</summary>
    private static int? Port(string name)
    {
        if (Set(SiloPrefix + name) is not { } text)
        {
            return null;
        }
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > IPEndPoint.MaxPort)
        {
            throw new OptionsException($"the environment variable {SiloPrefix}{name} is '{text}'; it must be a port, or 0 for any");
        }
        return port == 0 ? null : port;
    }

    private static (int, int) FreePorts()
    {
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        second.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (((IPEndPoint)first.LocalEndPoint!).Port, ((IPEndPoint)second.LocalEndPoint!).Port);
    }
}
