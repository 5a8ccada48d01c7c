using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansAdapter.Draining;

namespace OrleansAdapter.EngineIO;

/// <summary>Requests of long-polling: a GET waits for packets, a POST brings some.</summary>
internal static class PollingRequest
{
    public static Task HandleAsync(EngineServer server, HttpContext context, EngineSession? session)
    {
        var isFirst = session is null;
        session ??= server.Open(context, static _ => new PollingTransport());
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
        OutboundPacket[] packets;
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
        SetHeaders(server, context);
        context.Response.ContentType = "text/plain; charset=UTF-8";
        if (!await PollingResponse.TryWriteAsync(context, packets, server.Options.HttpCompression).ConfigureAwait(false))
        {
            session.PollFailed();
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
        var (buffer, length) = await ReadAsync(context, server.Options.MaxHttpBufferSize).ConfigureAwait(false);
        if (buffer is null)
        {
            if (length > server.Options.MaxHttpBufferSize)
            {
                session.EndPost();
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return;
            }
            session.Close(EngineCloseReason.TransportError, "data request connection closed prematurely");
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        bool good;
        try
        {
            good = session.Receive(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
                    static state => ((EngineSession)state!).Close(EngineCloseReason.TransportError, "data request connection closed prematurely"), session).ConfigureAwait(false))
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

    /// <summary>Reads a body of up to so many bytes. No buffer where there are more, or it ends too soon; the length tells which.</summary>
    private static async Task<(byte[]? Buffer, int Length)> ReadAsync(HttpContext context, int limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return (null, int.MaxValue);
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)(context.Request.ContentLength ?? 4096) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted).ConfigureAwait(false);
                length += read;
                if (read == 0)
                {
                    return (buffer, length);
                }
                if (length > limit)
                {
                    break;
                }
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // BadHttpRequestException is an IOException: a body that is no body, or comes too slowly.
            length = 0;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return (null, length);
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
