using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Cluster;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Directory;

/// <summary>A server of the cluster, without a web host.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private BenchServer(ServiceProvider services, Namespace @namespace) => (_services, Namespace) = (services, @namespace);

    public Namespace Namespace { get; }

    /// <summary>Starts a server on the directory that <paramref name="addDirectory"/> adds; returns when it is registered.</summary>
    public static async Task<BenchServer> StartAsync(Action<IServiceCollection> addDirectory)
    {
        var services = new ServiceCollection().AddLogging().AddOrleansAdapter(options => options.Namespaces.Add(Load.Namespace));
        addDirectory(services);
        var provider = services.BuildServiceProvider();
        var server = provider.GetRequiredService<ThisServer>();
        await server.StartAsync(CancellationToken.None);
        return new BenchServer(provider, server.Of(Load.Namespace));
    }

    /// <summary>Adds the receiving member.</summary>
    public async Task<Receiver> ReceiveAsync()
    {
        var receiver = new Receiver(Namespace.NewSocketId());
        await Namespace.ConnectAsync(receiver);
        await Namespace.JoinAsync(receiver, OrleansAdapter.Room.Named(Load.Room));
        return receiver;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
