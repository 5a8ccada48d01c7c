using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Draining;
using OrleansAdapter.Forwarding;
using OrleansAdapter.Namespaces;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.SignalR;

/// <summary>The two endpoints of a hub, around the framework's own.</summary>
internal sealed class HubEndpoint(
    HubTokens tokens, SessionForwarder? forwarder, ThisServer server, RateLimits limits, ILogger logger, RequestDelegate inner)
{
    private const string TokenParameter = "id";

    private const string VersionZeroRefused = "This server asks for negotiateVersion=1 or higher: in version 0 the public connection id is the connection's "
        + "only key. Use a newer client (OrleansAdapterOptions.AllowNegotiateVersion0 lets it in).";

    /// <summary>The framework's answer to a negotiate request, with an id and a token that name this server.</summary>
    public async Task NegotiateAsync(HttpContext context)
    {
        if (server.IsDraining)
        {
            await DrainResponses.RefuseAsync(context);
            return;
        }
        if (TakeConnection(context) is { } refusal)
        {
            await RefuseAsync(context, refusal);
            return;
        }
        var response = context.Response;
        var body = response.Body;
        using var buffer = new MemoryStream();
        response.Body = buffer;
        try
        {
            await inner(context);
        }
        finally
        {
            response.Body = body;
        }
        ReadOnlyMemory<byte> answer = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        if (response.StatusCode == StatusCodes.Status200OK && answer.Length > 0)
        {
            var negotiation = NegotiateProtocol.ParseResponse(answer.Span);
            if (HubTokens.IsVersionZero(negotiation) && !server.Options.AllowNegotiateVersion0)
            {
                negotiation = new NegotiationResponse { Error = VersionZeroRefused };
            }
            tokens.Rewrite(negotiation);
            var rewritten = new ArrayBufferWriter<byte>(answer.Length + 64);
            NegotiateProtocol.WriteResponse(negotiation, rewritten);
            answer = rewritten.WrittenMemory;
        }
        response.ContentLength = answer.Length;
        await body.WriteAsync(answer, context.RequestAborted);
    }

    /// <summary>
    /// A request of a connection, with the framework's own token in the place of ours. One with a token of another server is passed on to it. Where that
    /// cannot be, and with one of an earlier life of this server, it is refused as one of no connection, so that the client negotiates anew. Without a
    /// token the client has skipped negotiation.
    /// </summary>
    public Task ConnectAsync(HttpContext context)
    {
        var text = context.Request.Query[TokenParameter].ToString();
        if (text.Length == 0)
        {
            return server.IsDraining ? DrainResponses.RefuseAsync(context)
                : TakeConnection(context) is { } refusal ? RefuseAsync(context, refusal)
                : ServeAsync(context);
        }
        if (!tokens.TryRead(text, out var id, out var token))
        {
            return HubTokens.TryReadOwner(text, out var owner) && forwarder?.IsElsewhere(owner) == true
                ? ForwardAsync(forwarder, owner, context)
                : RefuseAsync(context);
        }
        HubTokens.SetId(context, id);
        context.Request.QueryString = QueryString.Create(context.Request.Query.Select(
            parameter => parameter.Key.Equals(TokenParameter, StringComparison.OrdinalIgnoreCase) ? new(parameter.Key, token) : parameter));
        return ServeAsync(context);
    }

    /// <summary>
    /// A WebSocket of a page that may not have one is refused; the other transports are held to CORS by the browser, and to the token. Not asynchronous
    /// itself where that can be helped: what it holds would live as long as the connection.
    /// </summary>
    private Task ServeAsync(HttpContext context)
    {
        if (!IsWebSocket(context))
        {
            return inner(context);
        }
        return context.Request.Headers.Origin.Count == 0 ? inner(context) : ServeAllowedAsync(context);
    }

    private async Task ServeAllowedAsync(HttpContext context)
    {
        if (await OriginPolicy.AllowsAsync(context, null))
        {
            await inner(context);
            return;
        }
        HubLog.OriginRefused(logger, context.Request.Headers.Origin.ToString(), context.Request.Host.Value ?? "");
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
    }

    /// <summary>The framework's middleware for WebSockets comes behind this.</summary>
    private static bool IsWebSocket(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static async Task ForwardAsync(SessionForwarder forwarder, ServerId owner, HttpContext context)
    {
        if (!await forwarder.TryForwardAsync(context, owner))
        {
            await RefuseAsync(context);
        }
    }

    /// <summary>A connection begins with a negotiation, or without one: it counts once.</summary>
    private RateLimitException? TakeConnection(HttpContext context) =>
        limits.TakeConnection(context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress);

    private static Task RefuseAsync(HttpContext context, RateLimitException refusal)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = refusal.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(refusal.Message, context.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync("No Connection with that ID", context.RequestAborted);
    }
}
