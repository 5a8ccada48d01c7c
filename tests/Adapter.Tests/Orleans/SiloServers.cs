using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>The servers of a test that has silos of its own. They end before the silos do.</summary>
internal sealed class SiloServers : IAsyncDisposable
{
    private readonly List<ServiceProvider> _services = [];

    /// <summary>Starts one; returns when it is registered. Several may start at a time.</summary>
    public async Task<ThisServer> StartAsync(IDirectory directory, Action<OrleansAdapterOptions> configure)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(directory).AddOrleansAdapter(configure).BuildServiceProvider();
        lock (_services)
        {
            _services.Add(services);
        }
        var server = services.GetRequiredService<ThisServer>();
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var services in _services)
        {
            await services.DisposeAsync();
        }
    }
}
