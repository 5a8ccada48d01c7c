using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>One server of a cluster: a container with SignalR and the adapter, and clients that connect to its hub in memory.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<TestClient> _clients = [];

    private TestServer(TestCluster cluster, Action<OrleansAdapterOptions>? configure, Action<HubOptions>? configureHub, IReadOnlyList<IHubProtocol> protocols)
    {
        Directory = new TestDirectory(cluster.NewDirectory());
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Log));
        services.AddSingleton<IDirectory>(Directory);
        services.AddSingleton<TimeProvider>(Time);
        var signalR = services.AddSignalR(hub => hub.MaximumParallelInvocationsPerClient = 4).AddOrleansAdapter(options =>
        {
            options.MapHub<TestHub>(cluster.Namespace);
            options.RequestsTimeout = InTime.Limit; // a test that wants less says so
            configure?.Invoke(options);
        });
        if (configureHub is not null)
        {
            signalR.AddHubOptions<TestHub>(configureHub);
        }
        foreach (var protocol in protocols)
        {
            services.AddSingleton(protocol);
        }
        _services = services.BuildServiceProvider();
    }

    internal TestDirectory Directory { get; }

    /// <summary>The time of this server, which can be put forward.</summary>
    internal LaterTime Time { get; } = new();

    public TestLog Log { get; } = new();

    public HubLifetimeManager<TestHub> Manager => _services.GetRequiredService<HubLifetimeManager<TestHub>>();

    public IHubContext<TestHub> Hub => _services.GetRequiredService<IHubContext<TestHub>>();

    internal Namespace Namespace => (Namespace)_services.GetRequiredService<IHubNamespace<TestHub>>().Namespace;

    internal ThisServer This => _services.GetRequiredService<ThisServer>();

    public IServiceProvider Services => _services;

    internal ClientInvocations Invocations => ((OrleansHubLifetimeManager<TestHub>)Manager).Invocations;

    public static async Task<TestServer> StartAsync(
        TestCluster cluster, Action<OrleansAdapterOptions>? configure, Action<HubOptions>? configureHub, IReadOnlyList<IHubProtocol> protocols)
    {
        var server = new TestServer(cluster, configure, configureHub, protocols);
        _ = server.Manager; // as MapHub does
        await server.This.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return server;
    }

    /// <summary>Connects a client.</summary>
    /// <param name="user">Its user.</param>
    /// <param name="protocol">Its protocol; JSON where none is given.</param>
    /// <param name="reads">Whether it reads at once, or when told to.</param>
    /// <param name="buffer">How many bytes the transport holds.</param>
    public Task<TestClient> ConnectAsync(string? user = null, IHubProtocol? protocol = null, bool reads = true, long? buffer = null) =>
        ConnectAsync(Add(user, protocol, buffer), reads);

    /// <summary>Connects a client that shows a resume token.</summary>
    /// <param name="token">The token; null for none.</param>
    /// <param name="user">Its user.</param>
    /// <param name="offset">Up to where it has received everything: it asks for the place of each invocation. Null where it does not.</param>
    /// <param name="protocol">Its protocol; JSON where none is given.</param>
    public Task<TestClient> ResumeAsync(string? token, string? user = null, string? offset = null, IHubProtocol? protocol = null)
    {
        var client = Add(user, protocol, null);
        var query = token is null ? default : QueryString.Create("resumeToken", token);
        if (offset is not null)
        {
            client.Arguments["said"] = [typeof(string), typeof(string)];
            query = query.Add("resumeOffset", offset);
        }
        client.Connection.Features.Set<IHttpContextFeature>(
            new HttpContextFeature { HttpContext = new DefaultHttpContext { Request = { QueryString = query } } });
        return ConnectAsync(client, reads: true);
    }

    private async Task<TestClient> ConnectAsync(TestClient client, bool reads)
    {
        await client.ConnectAsync(Handler, reads);
        await (reads ? client.LearnIdAsync() : client.LearnIdUnreadAsync());
        return client;
    }

    /// <summary>Connects a client that is expected to be refused after its handshake.</summary>
    public async Task<TestClient> ConnectRefusedAsync(Action<ConnectionContext>? prepare = null, string? user = null)
    {
        var client = Add(user, null, null);
        prepare?.Invoke(client.Connection);
        await client.ConnectAsync(Handler, reads: true);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
        await _services.DisposeAsync();
        Log.AssertNoFailure();
    }

    private sealed class HttpContextFeature : IHttpContextFeature
    {
        public HttpContext? HttpContext { get; set; }
    }

    private HubConnectionHandler<TestHub> Handler => _services.GetRequiredService<HubConnectionHandler<TestHub>>();

    private TestClient Add(string? user, IHubProtocol? protocol, long? buffer)
    {
        var client = new TestClient(protocol ?? new JsonHubProtocol(), user, buffer);
        _clients.Add(client);
        return client;
    }
}
