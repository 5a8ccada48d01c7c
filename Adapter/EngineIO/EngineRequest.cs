using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansAdapter.Draining;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.EngineIO;

/// <summary>Looks at each HTTP request, in the order of the reference's checks, and hands it to its transport.</summary>
internal static class EngineRequest
{
    /// <summary>Not asynchronous itself where that can be helped: what it holds would live as long as a WebSocket.</summary>
    public static Task HandleAsync(EngineServer server, HttpContext context)
    {
        if (server.Options.AddTrailingSlash && context.Request.Path.Value is not [.., '/'])
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (server.IsStopping)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }
        var isUpgrade = context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true };
        var sid = EngineQuery.Read(context, "sid");
        if (sid.Length == 0 && server.Draining is { IsDraining: true })
        {
            return DrainResponses.RefuseAsync(context);
        }
        var session = sid.Length == 0 ? null : server.Find(sid);
        if (Check(server, context, isUpgrade, sid, session) is { } error)
        {
            return RefuseAsync(server, context, error, isUpgrade);
        }
        var handshake = CheckHandshakeAsync(server, context, session, isUpgrade);
        return handshake.IsCompletedSuccessfully
            ? AnswerAsync(server, context, session, handshake.Result, isUpgrade)
            : AwaitAsync(server, context, session, handshake, isUpgrade);
    }

    private static async Task AwaitAsync(EngineServer server, HttpContext context, EngineSession? session, ValueTask<EngineError?> handshake, bool isUpgrade) =>
        await AnswerAsync(server, context, session, await handshake.ConfigureAwait(false), isUpgrade).ConfigureAwait(false);

    private static Task AnswerAsync(EngineServer server, HttpContext context, EngineSession? session, EngineError? error, bool isUpgrade) =>
        error is not null ? RefuseAsync(server, context, error, isUpgrade)
        : isUpgrade ? WebSocketRequest.HandleAsync(server, context, session)
        : PollingRequest.HandleAsync(server, context, session);

    private static EngineError? Check(EngineServer server, HttpContext context, bool isUpgrade, string sid, EngineSession? session)
    {
        var transport = EngineQuery.Read(context, "transport");
        var isPolling = transport == PollingTransport.TransportName && server.Allows(EngineTransports.Polling);
        var isWebSocket = transport == WebSocketTransport.TransportName && server.Allows(EngineTransports.WebSocket);
        if (!isPolling && !isWebSocket)
        {
            return EngineError.TransportUnknown;
        }
        if (context.Request.Headers.Origin.ToString().AsSpan().ContainsAnyInRange('\0', '\x1f')
            || context.Request.Headers.Origin.ToString().Contains('\x7f', StringComparison.Ordinal))
        {
            return EngineError.BadRequest;
        }
        if (sid.Length > 0)
        {
            return session is null ? EngineError.SessionIdUnknown
                : isUpgrade ? (isWebSocket ? null : EngineError.BadRequest)
                : session.TransportName != transport ? EngineError.BadRequest
                : null;
        }
        // An extended CONNECT (HTTP/2) is how a WebSocket is asked for there.
        return !HttpMethods.IsGet(context.Request.Method) && !isUpgrade ? EngineError.BadHandshakeMethod
            : isWebSocket != isUpgrade ? EngineError.BadRequest
            : null;
    }

    private static async ValueTask<EngineError?> CheckHandshakeAsync(EngineServer server, HttpContext context, EngineSession? session, bool isUpgrade)
    {
        if (isUpgrade && !await OriginPolicy.AllowsAsync(context, server.Cors).ConfigureAwait(false))
        {
            EngineLog.OriginRefused(server.Logger, context.Request.Headers.Origin.ToString(), context.Request.Host.Value ?? "");
            return EngineError.Forbidden("");
        }
        if (session is not null)
        {
            return null;
        }
        if (server.Limits?.TakeConnection(context.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress) is { } refusal)
        {
            return EngineError.TooMany(refusal);
        }
        if (server.Options.AllowRequest is { } allow)
        {
            try
            {
                if (await allow(context).ConfigureAwait(false) is { } reason)
                {
                    return EngineError.Forbidden(reason);
                }
            }
#pragma warning disable CA1031 // The application's own check failed: nobody gets in by that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                EngineLog.AllowRequestFailed(server.Logger, exception);
                return EngineError.Forbidden("");
            }
        }
        return EngineQuery.Read(context, "EIO") == "4" ? null : EngineError.UnsupportedProtocolVersion;
    }

    public static Task RefuseAsync(EngineServer server, HttpContext context, EngineError error, bool isUpgrade)
    {
        EngineLog.Refused(server.Logger, error.Code, error.Message);
        if (EngineQuery.Read(context, "sid").Length == 0)
        {
            server.HandshakeRefused();
        }
        var response = context.Response;
        if (error.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        if (isUpgrade)
        {
            response.StatusCode = error.Status;
            response.ContentType = "text/html";
            response.Headers.Connection = "close";
            return response.WriteAsync(error.Message, context.RequestAborted);
        }
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = error.Body.Length;
        return response.Body.WriteAsync(error.Body, context.RequestAborted).AsTask();
    }
}
