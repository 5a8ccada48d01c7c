using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>What a test wants of its Orleans cluster.</summary>
public sealed record OrleansClusterOptions
{
    /// <summary>How many silos.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>What to do to each silo, after everything else.</summary>
    public Action<ISiloBuilder>? Silo { get; init; }

    /// <summary>What to do to each client, after everything else.</summary>
    public Action<IClientBuilder>? Client { get; init; }

    /// <summary>The provider of mailbox streams; null for the default one.</summary>
    public string? StreamProvider { get; init; }
}

/// <summary>The Orleans engine on silos of this process, which talk over TCP as silos do; every server is an Orleans client of its own.</summary>
public sealed class OrleansCluster(OrleansClusterOptions options) : DirectoryCluster
{
    public const string ClusterId = "test-cluster";
    public const string ServiceId = "test-service";

    private readonly int[] _siloPorts = FreePorts(options.Silos);
    private readonly int[] _gatewayPorts = FreePorts(options.Silos);
    private readonly IHost?[] _silos = new IHost?[options.Silos];
    private IDirectory? _supervisor;

    /// <summary>Starts a cluster.</summary>
    public static async Task<DirectoryCluster> StartAsync(OrleansClusterOptions? options = null)
    {
        var cluster = new OrleansCluster(options ?? new OrleansClusterOptions());
        for (var i = 0; i < cluster._silos.Length; i++)
        {
            await cluster.StartSiloAsync(i, firstStart: true);
        }
        return cluster;
    }

    public IServiceProvider Services(int silo = 0) => _silos[silo]!.Services;

    public override async Task ReportDeathAsync(ServerId process)
    {
        if (_supervisor is null)
        {
            _supervisor = NewDirectory();
            await _supervisor.StartAsync(ServerId.NewProcess().Process, new TestServer(_supervisor), TestContext.Current.CancellationToken);
        }
        await _supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken).WaitAsync(Wait.Limit);
    }

    public override Task KillDirectoryAsync() => KillSiloAsync(0);

    public override Task StartDirectoryAsync() => StartSiloAsync(0, firstStart: false);

    public async Task KillSiloAsync(int silo)
    {
        var host = _silos[silo]!;
        _silos[silo] = null;
        await host.StopAsync(new CancellationToken(canceled: true)); // without leaving the cluster
        host.Dispose();
    }

    public async Task StartSiloAsync(int silo, bool firstStart)
    {
        var builder = NewHost();
        builder.UseOrleans(orleans =>
        {
            orleans.UseLocalhostClustering(_siloPorts[silo], _gatewayPorts[silo], new IPEndPoint(IPAddress.Loopback, _siloPorts[0]), ServiceId, ClusterId);
            orleans.AddOrleansDirectory(directory =>
            {
                directory.FirstStart = firstStart && options.Silos == 1;
                directory.StreamProvider = options.StreamProvider ?? directory.StreamProvider;
            });
            options.Silo?.Invoke(orleans);
        });
        _silos[silo] = builder.Build();
        await _silos[silo]!.StartAsync();
    }

    /// <summary>A host with a client of this cluster.</summary>
    public IHost NewClient(string clusterId = ClusterId, string serviceId = ServiceId)
    {
        var builder = NewHost();
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(_gatewayPorts, serviceId, clusterId);
            client.AddOrleansDirectory(directory => directory.StreamProvider = options.StreamProvider ?? directory.StreamProvider);
            options.Client?.Invoke(client);
        });
        return builder.Build();
    }

    protected override IDirectory NewDirectory() => new HostedDirectory(NewClient());

    protected override async Task StopAsync()
    {
        if (_supervisor is not null)
        {
            await _supervisor.DisposeAsync();
        }
        foreach (var silo in _silos)
        {
            if (silo is not null)
            {
                await silo.StopAsync(new CancellationToken(canceled: true));
                silo.Dispose();
            }
        }
    }

    private static HostApplicationBuilder NewHost()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (Environment.GetEnvironmentVariable("ORLEANSADAPTER_TEST_LOG") is { Length: > 0 } level)
        {
            builder.Logging.AddSimpleConsole(console => console.TimestampFormat = "HH:mm:ss.fff ").SetMinimumLevel(Enum.Parse<LogLevel>(level));
        }
        return builder;
    }

    private static int[] FreePorts(int count)
    {
        var sockets = Enumerable.Range(0, count).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToArray();
        try
        {
            return [.. sockets.Select(socket =>
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                return ((IPEndPoint)socket.LocalEndPoint!).Port;
            })];
        }
        finally
        {
            Array.ForEach(sockets, socket => socket.Dispose());
        }
    }

    /// <summary>A server's directory together with the host of its Orleans client.</summary>
    private sealed class HostedDirectory(IHost host) : IDirectory
    {
        private readonly IDirectory _inner = host.Services.GetRequiredService<IDirectory>();

        public string Engine => _inner.Engine;

        public async Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
        {
            await host.StartAsync(cancellationToken);
            await _inner.StartAsync(process, receiver, cancellationToken);
        }

        public void Send(string @namespace, WorkerMessage message) => _inner.Send(@namespace, message);

        public void Send(ServerMessage message) => _inner.Send(message);

        public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) => _inner.ServersAsync(cancellationToken);

        public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => _inner.ReportDeathAsync(process, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _inner.DisposeAsync();
            await host.StopAsync(new CancellationToken(canceled: true));
            host.Dispose();
        }
    }
}
