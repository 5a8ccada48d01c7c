using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansAdapter.Draining;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.EngineIO;

/// <summary>Requests of long-polling: a GET waits for packets, a POST brings some.</summary>
internal static class PollingRequest
{
    /// <summary>How long a client may take to hang up.</summary>
    private static readonly TimeSpan HangUpTimeout = TimeSpan.FromSeconds(2);

    public static Task HandleAsync(EngineServer server, HttpContext context, EngineSession? session)
    {
        var isFirst = session is null;
        session ??= server.Open(context, static _ => new PollingTransport());
        if (session is null)
        {
            return EngineRequest.RefuseAsync(server, context, EngineError.Forbidden(""), isUpgrade: false);
        }
        if (isFirst && server.Options.Cookie is { } cookie)
        {
            context.Response.Cookies.Append(string.IsNullOrEmpty(cookie.Name) ? "io" : cookie.Name, session.Id, cookie.Build(context));
        }
        var method = context.Request.Method;
        if (HttpMethods.IsGet(method))
        {
            return PollAsync(server, context, session);
        }
        if (HttpMethods.IsPost(method))
        {
            return PostAsync(server, context, session);
        }
        // The reference's answer.
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return Task.CompletedTask;
    }

    private static async Task PollAsync(EngineServer server, HttpContext context, EngineSession session)
    {
        if (session.BeginPoll() is not { } poll)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        OutboundPacket[]? packets;
        await using (context.RequestAborted.UnsafeRegister(
            static state =>
            {
                var (session, poll) = ((EngineSession, PendingPoll))state!;
                session.PollAborted(poll);
            },
            (session, poll)).ConfigureAwait(false))
        {
            packets = await poll.Task.ConfigureAwait(false);
        }
        if (packets is null)
        {
            await EngineRequest.RefuseAsync(server, context, EngineError.BadRequest, isUpgrade: false).ConfigureAwait(false);
            return;
        }
        SetHeaders(server, context);
        context.Response.ContentType = "text/plain; charset=UTF-8";
        if (!await PollingResponse.TryWriteAsync(context, packets, server.Options.HttpCompression).ConfigureAwait(false))
        {
            session.PollFailed();
            // Else Kestrel may find the answer too short before it has seen that the client is gone, and log that as an error.
            context.Abort();
        }
    }

    private static async Task PostAsync(EngineServer server, HttpContext context, EngineSession session)
    {
        if (!session.BeginPost())
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        if (context.Request.ContentType == "application/octet-stream")
        {
            session.Close(EngineCloseReason.TransportError, "invalid content");
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
        bool good;
        using (var body = new RequestBody(server))
        {
            var end = await body.ReadAsync(context).ConfigureAwait(false);
            if (end != BodyEnd.Whole)
            {
                await RefuseAsync(server, context, session, end).ConfigureAwait(false);
                return;
            }
            good = session.Receive(body.Bytes);
        }
        if (!good)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        try
        {
            var ready = session.WhenReadyAsync();
            if (!ready.IsCompletedSuccessfully)
            {
                await using (context.RequestAborted.UnsafeRegister(
                    static state =>
                        ((EngineSession)state!).Close(
                            EngineCloseReason.TransportError, "data request connection closed prematurely"), session).ConfigureAwait(false))
                {
                    await ready.ConfigureAwait(false);
                }
            }
        }
        finally
        {
            // Not before: a client has one POST at a time, also while it waits.
            session.EndPost();
        }
        SetHeaders(server, context);
        // HTML, for the sake of browsers that would offer plain text as a download.
        context.Response.ContentType = "text/html";
        context.Response.ContentLength = 2;
        await context.Response.WriteAsync("ok", context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>A body that did not come. The session goes on where the client hears of it by this answer alone, and may send it again.</summary>
    private static async Task RefuseAsync(EngineServer server, HttpContext context, EngineSession session, BodyEnd end)
    {
        switch (end)
        {
            case BodyEnd.TooLarge:
                session.EndPost();
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                break;
            case BodyEnd.Malformed:
                session.EndPost();
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await HangUpAsync(server, context).ConfigureAwait(false);
                break;
            case BodyEnd.TooMany:
                session.EndPost();
                server.RefusedUnfinished();
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.Connection = "close";
                break;
            case BodyEnd.TooSlow:
                session.Close(
                    EngineCloseReason.TransportError,
                    $"a request's body did not come within {server.Options.UnfinishedTimeout} ({nameof(EngineIOOptions.UnfinishedTimeout)})");
                context.Response.StatusCode = StatusCodes.Status408RequestTimeout;
                context.Response.Headers.Connection = "close";
                break;
            default:
                session.Close(EngineCloseReason.TransportError, "data request connection closed prematurely");
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                break;
        }
    }

    /// <summary>Answers and ends the connection. Kestrel would try to read on behind the answer, fail again, and log that as an error of its own.</summary>
    private static async Task HangUpAsync(EngineServer server, HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        context.Response.ContentLength = 0;
        await context.Response.CompleteAsync().ConfigureAwait(false);
        // The client has its answer when it hangs up; one that does not is cut.
        await Task.Delay(HangUpTimeout, server.Time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }

    private static void SetHeaders(EngineServer server, HttpContext context)
    {
        if (server.Draining is { IsDraining: true })
        {
            DrainResponses.CloseConnection(context);
        }
        context.Response.Headers.CacheControl = "no-store";
        var agent = context.Request.Headers.UserAgent.ToString();
        if (agent.Contains(";MSIE", StringComparison.Ordinal) || agent.Contains("Trident/", StringComparison.Ordinal))
        {
            context.Response.Headers.XXSSProtection = "0";
        }
    }
}
