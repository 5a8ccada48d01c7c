using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Draining;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Servers of one cluster, each with Socket.IO on Kestrel, in this process.</summary>
internal sealed class SocketIOCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _engine = new();
    private readonly List<SocketIOHost> _hosts = [];

    public SocketIOHost this[int index] => _hosts[index];

    /// <summary>A directory for one more server.</summary>
    public IDirectory NewDirectory() => _engine.NewDirectory();

    public static async Task<SocketIOCluster> StartAsync(
        int servers = 1,
        Action<SocketIOOptions>? configure = null,
        Action<SocketIOServer>? serve = null,
        Action<WebApplicationBuilder>? build = null,
        Action<WebApplication,
        IEndpointConventionBuilder>? map = null)
    {
        var cluster = new SocketIOCluster();
        for (var i = 0; i < servers; i++)
        {
            cluster._hosts.Add(await SocketIOHost.StartAsync(new TestDirectory(cluster._engine.NewDirectory()), configure, serve, build, map));
        }
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        await _engine.DisposeAsync();
    }
}

/// <summary>One server with Socket.IO on Kestrel.</summary>
internal sealed class SocketIOHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SocketIOHost(WebApplication app, TestDirectory directory, ConcurrentLog log)
    {
        _app = app;
        Directory = directory;
        Log = log;
        IO = app.Services.GetRequiredService<SocketIOServer>();
    }

    public SocketIOServer IO { get; }

    public TestDirectory Directory { get; }

    public ConcurrentLog Log { get; }

    public IServiceProvider Services => _app.Services;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<SocketIOHost> StartAsync(
        TestDirectory directory,
        Action<SocketIOOptions>? configure,
        Action<SocketIOServer>? serve,
        Action<WebApplicationBuilder>? build,
        Action<WebApplication,
        IEndpointConventionBuilder>? map)
    {
        var log = new ConcurrentLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0)).UseUrls();
        builder.Services.AddSingleton<IDirectory>(directory);
        builder.Services.Configure<OrleansAdapterOptions>(options => options.RequestsTimeout = InTime.Limit); // a test that wants less says so
        builder.Services.AddSocketIO(configure);
        build?.Invoke(builder);
        var app = builder.Build();
        var endpoint = app.MapSocketIO();
        map?.Invoke(app, endpoint);
        var host = new SocketIOHost(app, directory, log);
        serve?.Invoke(host.IO);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>A connection, opened as a WebSocket; its handshake has been read.</summary>
    public async Task<TestSocket> ConnectAsync(string query = "")
    {
        var socket = await TestSocket.ConnectAsync(Address, "/socket.io/?EIO=4&transport=websocket" + query);
        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        return socket;
    }

    /// <summary>A connection in a namespace; returns the socket's id, too.</summary>
    public async Task<(TestSocket Socket, SocketId Id)> JoinAsync(string @namespace = "/", string auth = "")
    {
        var socket = await ConnectAsync();
        var prefix = @namespace == "/" ? "" : @namespace + ",";
        await socket.SendAsync($"40{prefix}{auth}");
        var answer = await socket.ReceiveTextAsync();
        Assert.StartsWith($"40{prefix}{{\"sid\":\"", answer, StringComparison.Ordinal);
        Assert.True(SocketId.TryParse(answer.AsSpan(10 + prefix.Length, 20), out var id));
        return (socket, id);
    }

    /// <summary>Stops it as a signal does: on another thread, which is held up meanwhile.</summary>
    public Task StopAsync() => Task.Run(() => _app.StopAsync());

    public async ValueTask DisposeAsync()
    {
        Services.GetRequiredService<IServerDrain>().Hurry();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
