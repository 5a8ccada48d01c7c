using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Directory;

/// <summary>A server of the cluster, without a web server.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchServer(IHost host) => (_host, Namespace) = (host, host.Services.GetRequiredService<ThisServer>().Of(Load.Namespace));

    public Namespace Namespace { get; }

    /// <summary>Starts a server on the directory that <paramref name="addDirectory"/> adds; returns when it is registered.</summary>
    public static async Task<BenchServer> StartAsync(Action<IServiceCollection> addDirectory)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        addDirectory(builder.Services);
        builder.Services.AddOrleansAdapter(options => options.Namespaces.Add(Load.Namespace));
        var host = builder.Build();
        await host.StartAsync();
        return new BenchServer(host);
    }

    /// <summary>Adds the receiving member, which is in these rooms.</summary>
    public async Task<Receiver> ReceiveAsync(params IEnumerable<string> rooms)
    {
        var receiver = new Receiver(Namespace.NewSocketId());
        await Namespace.ConnectAsync(receiver);
        await Task.WhenAll(rooms.Select(room => Namespace.JoinAsync(receiver, Room.Named(room))));
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
