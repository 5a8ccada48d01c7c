using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace OrleansAdapter.Primary;

/// <summary>
/// The socket file at which a primary that passes requests on reaches this worker. It lies in a directory that only their user can enter, so what comes
/// there is the primary's: its header says which client it speaks for.
/// </summary>
internal sealed class ProxiedEndPoint : IStartupFilter
{
    /// <summary>The socket file, from the environment; null where there is none.</summary>
    public static string? PathIn(IConfiguration configuration) => configuration[$"{FrontContract.Section}:ListenPath"] is { Length: > 0 } path ? path : null;

    /// <summary>Makes the server listen there.</summary>
    public static void Listen(KestrelServerOptions kestrel, string path) => kestrel.ListenUnixSocket(
        path,
        endPoint =>
        {
            endPoint.Protocols = HttpProtocols.Http1;
            endPoint.Use(next => connection =>
            {
                connection.Features.Set(Mark.Instance);
                return next(connection);
            });
        });

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(inner => context =>
        {
            if (context.Features.Get<Mark>() is not null)
            {
                if (IPEndPoint.TryParse(context.Request.Headers[FrontContract.ClientHeader].ToString(), out var client))
                {
                    (context.Connection.RemoteIpAddress, context.Connection.RemotePort) = (client.Address, client.Port);
                }
                context.Request.Headers.Remove(FrontContract.ClientHeader);
            }
            return inner(context);
        });
        next(app);
    };

    private sealed class Mark
    {
        public static Mark Instance { get; } = new();
    }
}
