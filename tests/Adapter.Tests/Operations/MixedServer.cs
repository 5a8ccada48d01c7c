using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SignalR;
using OrleansAdapter.SocketIO;
using OrleansAdapter.SocketIO.Tests.Live;
using OrleansAdapter.Tests.Directories;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.Operations;

/// <summary>A server whose namespace <c>/</c> has clients of both protocols, on Kestrel.</summary>
internal sealed class MixedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TestLog _log;

    private MixedServer(WebApplication app, TestLog log) => (_app, _log) = (app, log);

    public Namespace Namespace => (Namespace)_app.Services.GetRequiredService<IHubNamespace<TestHub>>().Namespace;

    public SocketIOServer IO => _app.Services.GetRequiredService<SocketIOServer>();

    public static async Task<MixedServer> StartAsync(TestCluster cluster)
    {
        var log = new TestLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0)).UseUrls();
        builder.Services.AddSingleton(cluster.NewDirectory());
        builder.Services.AddSignalR().AddOrleansAdapter(options =>
        {
            options.RequestsTimeout = InTime.Limit;
            options.MapHub<TestHub>("/");
        });
        builder.Services.AddSocketIO();
        var app = builder.Build();
        app.MapHub<TestHub>("/hub");
        app.MapSocketIO();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new MixedServer(app, log);
    }

    public async Task<MixedClient> ConnectAsync(bool isSocketIO) => isSocketIO ? await SocketIOAsync() : await SignalRAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _log.AssertNoFailure();
    }

    /// <summary>The namespace, as an application of either kind has it.</summary>
    public NamespaceRoot Root(bool isSocketIO) => isSocketIO ? IO : Namespace;

    private async Task<MixedClient> SignalRAsync()
    {
        var client = new TestClient(new JsonHubProtocol(), null, null);
        await client.ConnectAsync(_app.Services.GetRequiredService<HubConnectionHandler<TestHub>>(), reads: true);
        await client.LearnIdAsync();
        return new SignalRClient(client, Namespace);
    }

    private async Task<MixedClient> SocketIOAsync()
    {
        var address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var socket = await TestSocket.ConnectAsync(address, "/socket.io/?EIO=4&transport=websocket");
        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40");
        var connected = await socket.ReceiveTextAsync();
        Assert.StartsWith("40{\"sid\":\"", connected, StringComparison.Ordinal);
        return new SocketIOClient(socket, MixedClient.Parse(connected.AsSpan(10, 20)), Namespace);
    }
}
