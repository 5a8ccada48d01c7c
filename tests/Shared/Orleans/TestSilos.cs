using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Grains.Testing;

/// <summary>What a test wants of its Orleans cluster.</summary>
public sealed record TestSilosOptions
{
    /// <summary>How many silos.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>
    /// Whether a namespace's first home on a silo may take it that there was none before, and so need not wait for servers. With several silos that is
    /// known only where none of them dies.
    /// </summary>
    public bool? FirstStart { get; init; }

    /// <summary>The silos' names, where they matter.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Whether each silo has an address of its own on this machine, 127.0.0.1 and so on, and takes it for a machine of its own.</summary>
    public bool AsMachines { get; init; }

    /// <summary>Whether grains are found by Orleans' distributed grain directory, as in this project's own hosts where every server is a silo.</summary>
    public bool DistributedDirectory { get; init; }

    /// <summary>What to do to each silo, after everything else.</summary>
    public Action<ISiloBuilder>? Silo { get; init; }

    /// <summary>What to do to each client, after everything else.</summary>
    public Action<IClientBuilder>? Client { get; init; }

    /// <summary>What to do to the directory's options, on silos and clients alike.</summary>
    public Action<DirectoryOptions>? Directory { get; init; }

    /// <summary>The directory's options on both sides, with the provider of mailbox streams named; the host adds that one.</summary>
    public static TestSilosOptions OnMemoryStreams { get; } = new()
    {
        Directory = directory => directory.StreamProvider = "memory",
        Silo = silo => silo.AddMemoryStreams("memory", streams =>
        {
            streams.ConfigurePartitioning(2);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
        }),
        Client = client => client.AddMemoryStreams("memory", streams => streams.ConfigurePartitioning(2)),
    };
}

/// <summary>Silos in this process, which talk over TCP as silos do, and any number of clients, each with a runtime of its own.</summary>
public sealed class TestSilos : IAsyncDisposable
{
    public const string ClusterId = "test-cluster";
    public const string ServiceId = "test-service";

    private readonly TestSilosOptions _options;
    private readonly int[] _siloPorts;
    private readonly int[] _gatewayPorts;
    private readonly IHost?[] _silos;

    private TestSilos(TestSilosOptions options)
    {
        _options = options;
        _siloPorts = FreePorts.Take(options.Silos);
        _gatewayPorts = FreePorts.Take(options.Silos);
        _silos = new IHost?[options.Silos];
    }

    /// <summary>Starts a cluster; it is its first start.</summary>
    public static async Task<TestSilos> StartAsync(TestSilosOptions? options = null)
    {
        var cluster = new TestSilos(options ?? new TestSilosOptions());
        for (var i = 0; i < cluster._silos.Length; i++)
        {
            await cluster.StartAsync(i, firstStart: true);
        }
        return cluster;
    }

    /// <summary>How many silos there are, dead ones included.</summary>
    public int Count => _silos.Length;

    public IServiceProvider Services(int silo = 0) => _silos[silo]!.Services;

    /// <summary>Has a namespace's home made on a silo, if Orleans agrees and it has none yet.</summary>
    public async Task PlaceHomeAsync(string @namespace, int silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, AddressOf(silo));
        await Home(@namespace).Status();
        RequestContext.Clear();
    }

    /// <summary>Whether a namespace's home lies on a silo.</summary>
    public async Task<bool> HasHomeAsync(string @namespace, int silo) =>
        AddressOf(silo).Equals(await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(Home(@namespace)));

    /// <summary>Ends a silo without its leaving the cluster.</summary>
    public async Task KillAsync(int silo)
    {
        var host = _silos[silo]!;
        _silos[silo] = null;
        await EndAsync(host);
    }

    public async Task StartAsync(int silo, bool firstStart)
    {
        var builder = NewHost();
        builder.UseOrleans(orleans =>
        {
            orleans.UseLocalhostClustering(_siloPorts[silo], _gatewayPorts[silo], new IPEndPoint(IPAddress.Loopback, _siloPorts[0]), ServiceId, ClusterId);
            orleans.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.NumMissedProbesLimit = 3;
                membership.NumVotesForDeathDeclaration = 1;
            });
            orleans.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(5));
            orleans.AddOrleansDirectory(directory =>
            {
                directory.FirstStart = firstStart && (_options.FirstStart ?? _options.Silos == 1);
                directory.Machine = _options.AsMachines ? MachineOf(silo) : null;
                _options.Directory?.Invoke(directory);
            });
            orleans.Configure<EndpointOptions>(endPoint => endPoint.AdvertisedIPAddress = IPAddressOf(silo));
            if (_options.Names is { } names)
            {
                orleans.Configure<SiloOptions>(own => own.SiloName = names[silo]);
            }
            if (_options.DistributedDirectory)
            {
#pragma warning disable ORLEANSEXP003 // as in the hosts
                orleans.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
            }
            _options.Silo?.Invoke(orleans);
        });
        _silos[silo] = builder.Build();
        await _silos[silo]!.StartAsync();
    }

    /// <summary>A host with a client of this cluster, not started.</summary>
    public IHost NewClient(string clusterId = ClusterId, string serviceId = ServiceId, Action<DirectoryOptions>? directory = null, ILoggerProvider? log = null)
    {
        var builder = NewHost();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(_gatewayPorts, serviceId, clusterId);
            if (_options.AsMachines)
            {
                client.UseStaticClustering([.. _gatewayPorts.Select((port, silo) => new IPEndPoint(IPAddressOf(silo), port))]);
            }
            // What a silo that was killed had taken is asked again well within the time that a test waits.
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
            client.AddOrleansDirectory(options =>
            {
                _options.Directory?.Invoke(options);
                directory?.Invoke(options);
            });
            _options.Client?.Invoke(client);
        });
        return builder.Build();
    }

    /// <summary>The addresses of the silos' gateways.</summary>
    public IEnumerable<string> Gateways => _gatewayPorts.Select(port => $"{IPAddress.Loopback}:{port}");

    /// <summary>The addresses of the silos' ports for each other.</summary>
    public IEnumerable<IPEndPoint> SiloEndPoints => _siloPorts.Select(port => new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Makes a client of a host that the test builds one of this cluster. What connects it to the directory is the test's affair.</summary>
    public void Reach(IClientBuilder client) => client.UseLocalhostClustering(_gatewayPorts, ServiceId, ClusterId);

    /// <summary>Makes a silo of a host that the test builds a cluster of its own.</summary>
    public static void BeAlone(ISiloBuilder silo)
    {
        var ports = FreePorts.Take(2);
        silo.UseLocalhostClustering(ports[0], ports[1], new IPEndPoint(IPAddress.Loopback, ports[0]), ServiceId, ClusterId);
    }

    /// <summary>What the machine of a silo is called, where silos are as machines.</summary>
    public static string MachineOf(int silo) => $"machine-{silo}";

    /// <summary>A server's directory with an Orleans client of its own, which starts and ends with it.</summary>
    internal IDirectory NewDirectory() => new HostedDirectory(NewClient());

    /// <summary>The same, for a server on the machine of a silo.</summary>
    internal IDirectory NewDirectoryOn(int silo) => new HostedDirectory(NewClient(directory: options => options.Machine = MachineOf(silo)));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            if (silo is not null)
            {
                await EndAsync(silo);
            }
        }
    }

    private IPAddress IPAddressOf(int silo) => _options.AsMachines ? new IPAddress([127, 0, 0, (byte)(1 + silo)]) : IPAddress.Loopback;

    private IGrainFactory Grains => Services().GetRequiredService<IGrainFactory>();

    private SiloAddress AddressOf(int silo) => Services(silo).GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private IHomeGrain Home(string @namespace) => Grains.GetGrain<IHomeGrain>(@namespace);

    private static async Task EndAsync(IHost host)
    {
        await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        host.Dispose();
    }

    private static HostApplicationBuilder NewHost()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (Environment.GetEnvironmentVariable("ORLEANSADAPTER_TEST_LOG") is { Length: > 0 } level)
        {
            builder.Logging.AddSimpleConsole(console => console.TimestampFormat = "HH:mm:ss.fff ")
                .SetMinimumLevel(Enum.Parse<LogLevel>(level))
                .AddFilter("Orleans.", LogLevel.Warning);
        }
        return builder;
    }

    private sealed class HostedDirectory(IHost host) : IDirectory
    {
        private readonly IDirectory _inner = host.Services.GetRequiredService<IDirectory>();

        public async Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
        {
            await host.StartAsync(cancellationToken);
            await _inner.StartAsync(process, receiver, cancellationToken);
        }

        public IDirectory Another() => _inner.Another();

        public void Send(string @namespace, WorkerMessage message) => _inner.Send(@namespace, message);

        public void Send(ServerMessage message) => _inner.Send(message);

        public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) => _inner.ServersAsync(cancellationToken);

        public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _inner.ReportDeathAsync(process, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _inner.DisposeAsync();
            await EndAsync(host);
        }
    }
}
