using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.Silo.Observation;

/// <summary>Shows the metrics of all processes at one address, for Prometheus: <c>--observe</c>.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const string Page = "/metrics";

    private readonly WebApplication _app;
    private readonly SemaphoreSlim _one = new(1);

    private MetricsServer(WebApplication app) => _app = app;

    /// <summary>Starts it.</summary>
    /// <param name="address">
    /// Where it listens. On this machine alone it answers only requests that name it, so that no page of somebody else's can read it.
    /// </param>
    /// <param name="metrics">Gathers them, as text.</param>
    /// <exception cref="PrimaryException">The address cannot be had.</exception>
    public static async Task<MetricsServer> StartAsync(IPEndPoint address, Func<Task<string>> metrics)
    {
        var server = new MetricsServer(BareServer.Builder(kestrel => kestrel.Listen(address)).Build());
        server._app.Run(context => server.AnswerAsync(context, IPAddress.IsLoopback(address.Address), metrics));
        try
        {
            await server._app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new PrimaryException($"--observe {address}: {exception.Message}");
        }
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _one.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, bool onlyHere, Func<Task<string>> metrics)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Path != Page || (onlyHere && !BareServer.IsHere(context.Request.Host)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        // One after the other: whoever asks often slows down nobody but those who ask.
        await _one.WaitAsync(context.RequestAborted);
        try
        {
            context.Response.ContentType = PrometheusText.ContentType;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(await metrics(), context.RequestAborted);
        }
        finally
        {
            _one.Release();
        }
    }
}
