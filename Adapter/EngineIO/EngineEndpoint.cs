using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Forwarding;

namespace OrleansAdapter.EngineIO;

/// <summary>Puts the server behind an endpoint: CORS where it was asked for, WebSockets, then the protocol.</summary>
internal static class EngineEndpoint
{
    /// <summary>Maps it, until the host stops.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">The path, without a slash at its end.</param>
    /// <param name="server">The server.</param>
    /// <param name="protocol">What is spoken there, for the endpoint's name.</param>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string path, EngineServer server, string protocol)
    {
        // Who ignores that the host stops holds it up.
        endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(server.CloseAll);
        return endpoints.Map(path, Build(endpoints, server)).WithDisplayName($"{protocol} {path}");
    }

    public static RequestDelegate Build(IEndpointRouteBuilder endpoints, EngineServer server)
    {
        var app = endpoints.CreateApplicationBuilder();
        if (server.Options.Cors is { } cors)
        {
            app.UseCors(cors);
        }
        if (server.Forwarder is { IsEnabled: true } forwarder)
        {
            // Before anything is put in the place of the connection's own upgrade.
            app.Use(next => context => EngineQuery.TryReadOwner(context, out var owner) && forwarder.IsElsewhere(owner)
                ? ForwardAsync(forwarder, owner, context, next)
                : next(context));
        }
        if (server.Options.PerMessageDeflate is null)
        {
            app.Use(static (context, next) =>
            {
                Replace(context);
                return next(context);
            });
        }
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(context => EngineRequest.HandleAsync(server, context));
        return app.Build();
    }

    /// <summary>What cannot be passed on is answered here: the session is unknown.</summary>
    private static async Task ForwardAsync(SessionForwarder forwarder, ServerId owner, HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null; // the session's server has a limit of its own
        }
        if (!await forwarder.TryForwardAsync(context, owner).ConfigureAwait(false))
        {
            await next(context).ConfigureAwait(false);
        }
    }

    private static void Replace(HttpContext context)
    {
        if (WebSocketHandshake.IsPossible(context))
        {
            return;
        }
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        var connect = context.Features.Get<IHttpExtendedConnectFeature>();
        if (upgrade is not { IsUpgradableRequest: true } && connect is not { IsExtendedConnect: true })
        {
            return;
        }
        var feature = new UpgradeFeature(context, upgrade, connect);
        context.Features.Set(feature);
        context.Features.Set<IHttpUpgradeFeature>(feature);
        context.Features.Set<IHttpExtendedConnectFeature>(feature);
        // An application that calls UseWebSockets itself has taken the server's own upgrade already.
        context.Features.Set<IHttpWebSocketFeature>(null);
    }
}
