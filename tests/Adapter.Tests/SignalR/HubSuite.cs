using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Servers of one cluster, started as a test needs them. Every suite of hubs runs on each kind of cluster.</summary>
public abstract class HubSuite(TestCluster cluster) : IAsyncLifetime
{
    private readonly List<TestServer> _servers = [];

    public TestCluster Cluster { get; } = cluster;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
        await Cluster.DisposeAsync();
    }

    protected Task<TestServer> ServerAsync(params IReadOnlyList<IHubProtocol> protocols) => ServerAsync(null, null, protocols);

    protected Task<TestServer> ServerAsync(Action<OrleansAdapterOptions> configure) => ServerAsync(configure, null);

    protected Task<TestServer> ServerAsync(Action<HubOptions> configureHub, params IReadOnlyList<IHubProtocol> protocols) =>
        ServerAsync(null, configureHub, protocols);

    private async Task<TestServer> ServerAsync(
        Action<OrleansAdapterOptions>? configure, Action<HubOptions>? configureHub, params IReadOnlyList<IHubProtocol> protocols)
    {
        var server = await TestServer.StartAsync(Cluster, configure, configureHub, protocols);
        _servers.Add(server);
        return server;
    }
}
