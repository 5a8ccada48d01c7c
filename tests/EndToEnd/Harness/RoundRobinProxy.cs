using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A plain load balancer: each request goes to the next server, whoever sent it and on whichever connection.</summary>
internal sealed class RoundRobinProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
    private readonly int[] _requests;
    private int _next = -1;

    private RoundRobinProxy(IReadOnlyList<string> servers)
    {
        _requests = new int[servers.Count];
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        _app = builder.Build();
        var forwarder = _app.Services.GetRequiredService<IHttpForwarder>();
        _app.Run(async context =>
        {
            var next = (int)((uint)Interlocked.Increment(ref _next) % servers.Count);
            Interlocked.Increment(ref _requests[next]);
            await forwarder.SendAsync(context, servers[next], _invoker, new ForwarderRequestConfig { Version = new Version(1, 1) });
        });
    }

    /// <summary>Its address.</summary>
    public string Url => _app.Urls.First();

    /// <summary>How many requests have gone to each server.</summary>
    public IReadOnlyList<int> Requests => _requests;

    public static async Task<RoundRobinProxy> StartAsync(params IReadOnlyList<string> servers)
    {
        var proxy = new RoundRobinProxy(servers);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
        _invoker.Dispose();
    }
}
