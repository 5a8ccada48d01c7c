using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Silo.Status;

/// <summary>Serves the primary's status as JSON on 127.0.0.1.</summary>
internal sealed class StatusServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StatusServer(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Starts it.</summary>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="status">Says how things are.</param>
    /// <exception cref="PrimaryException">The port cannot be had.</exception>
    public static async Task<StatusServer> StartAsync(int port, Func<PrimaryStatus> status)
    {
        // Empty, so that nothing of the environment, which is the workers', changes where this one listens or what it says.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64;
        });
        var server = new StatusServer(builder.Build());
        server._app.Run(async context =>
        {
            if (!HttpMethods.IsGet(context.Request.Method)
                || (context.Request.Path != "/" && context.Request.Path != "/status")
                || !IsHere(context.Request.Host))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(status());
        });
        try
        {
            await server._app.StartAsync();
        }
        catch (IOException exception)
        {
            await server.DisposeAsync();
            throw new PrimaryException($"--status-port {port}: {exception.Message}");
        }
        server.Url = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Whether a request names this machine. A page of somebody else's whose name was made to lead here does not.</summary>
    private static bool IsHere(HostString host) =>
        host.Host == "localhost" || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address));
}
