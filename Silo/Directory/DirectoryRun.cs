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
/// clients of the cluster's silos or, colocated, silos as well. Disposing it leaves nothing behind.
/// </summary>
internal sealed class DirectoryRun : IAsyncDisposable
{
    /// <summary>The section of the configuration that the silo and the workers read.</summary>
    public const string Section = DirectoryOptions.Section;

    /// <summary>The section that only the directory's own silo reads.</summary>
    public const string SiloSection = "OrleansAdapter:Silo";

    /// <summary>The environment variable by which the silo learns where Orleans' dashboard is to be; empty for nowhere.</summary>
    public const string DashboardVariable = SiloPrefix + "Dashboard";

    /// <summary>The environment variable by which the silo's process learns its name, as operators see it.</summary>
    public const string ProcessNameVariable = SiloPrefix + "ProcessName";

    private const string EnvironmentPrefix = "OrleansAdapter__Directory__";
    private const string SiloPrefix = "OrleansAdapter__Silo__";
    private const string SiloName = SiloPrefix + DirectoryRole.SiloName;

    /// <summary>Reports to whichever silo hears them.</summary>
    private readonly DirectorySupervisor _supervisor;

    /// <summary>Asks this run's own silo; the same one where the cluster has no other.</summary>
    private readonly DirectorySupervisor _own;

    /// <param name="directory">The run's private directory, which is removed after it.</param>
    /// <param name="colocated">Whether workers are silos as well.</param>
    /// <param name="cluster">The cluster to join; its own where that is null.</param>
    /// <exception cref="OptionsException">The environment sets what is wrong, or contradicts.</exception>
    public DirectoryRun(string directory, bool colocated, ClusterRun? cluster)
    {
        (IsColocated, Cluster) = (colocated, cluster);
        var address = cluster?.Address ?? IPAddress.Loopback;
        var (freeSiloPort, freeGatewayPort) = FreePorts(address);
        var siloPort = Port(nameof(DirectoryClusterOptions.SiloPort)) ?? freeSiloPort;
        var gatewayPort = Port(nameof(DirectoryClusterOptions.GatewayPort)) ?? freeGatewayPort;
        var gateway = new IPEndPoint(address, gatewayPort).ToString();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [SiloPrefix + nameof(DirectoryClusterOptions.SiloPort)] = siloPort.ToString(CultureInfo.InvariantCulture),
            [SiloPrefix + nameof(DirectoryClusterOptions.GatewayPort)] = gatewayPort.ToString(CultureInfo.InvariantCulture),
            [SiloPrefix + nameof(DirectoryClusterOptions.Address)] = address.ToString(),
        };
        var (settings, options) = cluster is null ? OfOneMachine(directory, colocated, gateway) : (cluster.Settings, cluster.Options);
        foreach (var (setting, value) in settings)
        {
            environment[EnvironmentPrefix + setting] = value;
        }
        Environment = environment;
        if (HasSilo && options.SecretFile is { Length: > 0 } secretFile)
        {
            new ClusterFile(options.ClusterId, options.ServiceId, [gateway], Path.GetFullPath(secretFile)).Write(directory);
        }
        _supervisor = new DirectorySupervisor(options);
        _own = cluster is { HasSilo: true } ? new DirectorySupervisor(options.OfGateway(gateway)) : _supervisor;
    }

    /// <summary>Whether workers are silos as well.</summary>
    public bool IsColocated { get; }

    /// <summary>The cluster of several machines that this run joins; null where it is one of its own.</summary>
    public ClusterRun? Cluster { get; }

    /// <summary>The name of one of this machine's processes, which no other of the cluster has: with the address where there are several machines.</summary>
    public string NameOf(string process) => Cluster is { } cluster ? $"{process}@{cluster.Address}" : process;

    /// <summary>Whether it has a silo of its own.</summary>
    public bool HasSilo => Cluster?.HasSilo ?? true;

    /// <summary>The environment variables for the directory's process and the workers. They may hold secrets.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>
    /// What else the directory's process needs: the id of this start for the server in it and, where it is one of several silos, for its name, so that its
    /// death can be reported; and its pod's namespace, where it is in one.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> SiloEnvironment(ServerId process)
    {
        yield return new(SiloPrefix + DirectoryRole.Door, process.ToString());
        if (Cluster is not null)
        {
            yield return new(SiloName, OnDirectorySilo.NameOf(process, Cluster.PodId?.ToString()));
        }
        if (Cluster?.Pod is { } pod)
        {
            yield return new(SiloPrefix + DirectoryRole.PodNamespace, pod.Namespace);
        }
    }

    /// <summary>Reports to the directory that a worker's process is dead. Returns when all homes have taken note, however long the directory is away.</summary>
    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDeathAsync(process, cancellationToken);

    /// <summary>Reports to the silos that are left, where there are any, that the directory's process is dead. It is about to be started again.</summary>
    public Task DirectoryDiedAsync(ServerId process, CancellationToken cancellationToken) => _supervisor.ReportDirectoryDeathAsync(process, cancellationToken);

    /// <summary>Ends when the directory's process has answered; throws where it does not.</summary>
    public Task PingAsync(CancellationToken cancellationToken) => _own.PingAsync(cancellationToken);

    /// <summary>Says what the cluster consists of that this run is part of; throws where no silo answers.</summary>
    public Task<DirectoryView> LookAsync(CancellationToken cancellationToken) => _supervisor.LookAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        if (_own != _supervisor)
        {
            await _own.DisposeAsync();
        }
    }

    /// <summary>
    /// A cluster of this run's own: with a name of its own, so that runs do not mix, unless somebody chose one to join with. What is secret is in a file,
    /// which only this user can read.
    /// </summary>
    private static (IEnumerable<(string Name, string Value)> Settings, DirectoryClusterOptions Options) OfOneMachine(
        string directory, bool colocated, string gateway)
    {
        ClusterRun.RefuseLeftovers();
        var options = new DirectoryClusterOptions
        {
            ClusterId = Set(EnvironmentPrefix + nameof(DirectoryClusterOptions.ClusterId)) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Gateways = { gateway },
            MembershipFile = colocated ? Path.Combine(directory, "membership") : null,
            SecretFile = SecretFile(directory),
        };
        options.ServiceId = Set(EnvironmentPrefix + nameof(DirectoryClusterOptions.ServiceId)) ?? options.ServiceId;
        new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection($"{Section}:{nameof(options.Tls)}").Bind(options.Tls);
        if (options.Tls.Errors().FirstOrDefault() is { } error)
        {
            throw new OptionsException($"the environment variable {EnvironmentPrefix}{nameof(options.Tls)}__{error.TrimEnd('.')}");
        }
        List<(string, string)> settings =
        [
            (nameof(options.ClusterId), options.ClusterId), (nameof(options.Gateways) + "__0", gateway), (nameof(options.SecretFile), options.SecretFile),
        ];
        if (options.MembershipFile is { } membershipFile)
        {
            settings.Add((nameof(options.MembershipFile), membershipFile));
        }
        return (settings, options);
    }

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
        foreach (var variable in new[] { SiloPrefix + name, EnvironmentPrefix + name })
        {
            if (Set(variable) is not { } text)
            {
                continue;
            }
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > IPEndPoint.MaxPort)
            {
                throw new OptionsException($"the environment variable {variable} is '{text}'; it must be a port, or 0 for any");
            }
            return port == 0 ? null : port;
        }
        return null;
    }

    private static (int, int) FreePorts(IPAddress address)
    {
        using var first = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            first.Bind(new IPEndPoint(address, 0));
            second.Bind(new IPEndPoint(address, 0));
        }
        catch (SocketException exception)
        {
            throw new OptionsException($"the address {address}, at which other machines are to reach this one, is none of this machine's: {exception.Message}");
        }
        return (((IPEndPoint)first.LocalEndPoint!).Port, ((IPEndPoint)second.LocalEndPoint!).Port);
    }
}
