using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Silo.Status;

/// <summary>What the small HTTP servers of the primary itself have in common.</summary>
internal static class BareServer
{
    private const int MostConnections = 64;

    /// <summary>Begins one. It is empty, so that nothing of the environment, which is the workers', changes where it listens or what it says.</summary>
    public static WebApplicationBuilder Builder(Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            listen(kestrel);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
        });
        return builder;
    }

    /// <summary>Whether a request names this machine. A page of somebody else's whose name was made to lead here does not.</summary>
    public static bool IsHere(HostString host) =>
        host.Host == "localhost" || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address));
}
