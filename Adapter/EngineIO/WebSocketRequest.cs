using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansAdapter.EngineIO;

/// <summary>A request that becomes a WebSocket, for a new session or to upgrade one, and then reads what comes until it ends.</summary>
internal static class WebSocketRequest
{
    public static Task HandleAsync(EngineServer server, HttpContext context, EngineSession? session) =>
        server.Options.PerMessageDeflate is null && WebSocketHandshake.IsPossible(context)
            ? DirectAsync(server, context, session)
            : FrameworkAsync(server, context, session);

    /// <summary>Not asynchronous itself where that can be helped: what it holds would live as long as the WebSocket.</summary>
    private static Task DirectAsync(EngineServer server, HttpContext context, EngineSession? session)
    {
        var accepted = WebSocketHandshake.AcceptAsync(context);
        return accepted.IsCompletedSuccessfully ? ServeAsync(server, context, session, accepted.Result) : AwaitAsync(server, context, session, accepted);
    }

    private static async Task AwaitAsync(EngineServer server, HttpContext context, EngineSession? session, ValueTask<IDuplexPipe?> accepted) =>
        await ServeAsync(server, context, session, await accepted.ConfigureAwait(false)).ConfigureAwait(false);

    private static Task ServeAsync(EngineServer server, HttpContext context, EngineSession? session, IDuplexPipe? connection)
    {
        if (connection is null)
        {
            return Task.CompletedTask;
        }
        var writer = new FrameWriter(connection.Output);
        var (attached, transport) = Attach(server, context, session, writer);
        return attached is null ? RefuseAsync(writer, transport) : DirectSocket.RunAsync(connection.Input, writer, attached, transport, server);
    }

    private static async Task FrameworkAsync(EngineServer server, HttpContext context, EngineSession? session)
    {
        var threshold = server.Options.PerMessageDeflate;
        WebSocket socket;
        try
        {
            socket = await context.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero, DangerousEnableCompression = threshold is not null }).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException)
        {
            return;
        }
        using (socket)
        {
            IFrameWriter writer;
            if (threshold is { } size)
            {
                var compressed = new CompressedWriter(size);
                compressed.Use(socket);
                writer = compressed;
            }
            else
            {
                writer = context.Features.Get<UpgradeFeature>()!.Writer!;
            }
            var (attached, transport) = Attach(server, context, session, writer);
            if (attached is not null)
            {
                await ReadAsync(server, socket, attached, transport).ConfigureAwait(false);
                await transport.EndAsync().ConfigureAwait(false);
            }
            else
            {
                await RefuseAsync(writer, transport).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends one that carries no session, with a close frame unless it has one already.</summary>
    private static Task RefuseAsync(IFrameWriter writer, WebSocketTransport transport)
    {
        writer.TryFinish(WebSocketFrame.Close);
        return transport.EndAsync();
    }

    /// <summary>Makes it carry a session; none, where it may not.</summary>
    private static (EngineSession? Session, WebSocketTransport Transport) Attach(
        EngineServer server, HttpContext context, EngineSession? session, IFrameWriter writer)
    {
        var base64 = EngineQuery.Read(context, "b64").Length > 0;
        WebSocketTransport? transport = null;
        if (session is null)
        {
            session = server.Open(context, added => transport = new WebSocketTransport(added, writer, base64, context));
            if (session is null)
            {
                server.HandshakeRefused();
                return (null, transport!);
            }
        }
        else
        {
            transport = new WebSocketTransport(session, writer, base64, context);
            if (!session.TryProbe(transport))
            {
                return (null, transport);
            }
        }
        Forget(context);
        return (session, transport!);
    }

    private static async Task ReadAsync(EngineServer server, WebSocket socket, EngineSession session, WebSocketTransport transport)
    {
        var reason = EngineCloseReason.TransportClose;
        string? description = null;
        byte[]? buffer = null;
        var isOver = false;
        var share = new UnfinishedShare(server.Unfinished);
        try
        {
            // A connection that this server has closed is read to its end, so that the client gets the close frame.
            while (true)
            {
                // Nothing is held while nothing comes.
                var result = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }
                var length = 0;
                while (!result.EndOfMessage)
                {
                    Grow(ref buffer, length);
                    result = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
                    length = isOver ? 0 : length + result.Count;
                    if (length > server.Options.MaxHttpBufferSize)
                    {
                        Refuse(session, transport, WebSocketFrame.TooBig, "max payload size exceeded");
                        isOver = true;
                    }
                    else if (!isOver && !result.EndOfMessage && !share.TryHold(buffer!.Length))
                    {
                        server.RefusedUnfinished();
                        Refuse(session, transport, WebSocketFrame.TryAgainLater, UnfinishedBytes.Refused);
                        isOver = true;
                    }
                    length = isOver ? 0 : length;
                }
                if (!isOver)
                {
                    session.Receive(transport, result.MessageType == WebSocketMessageType.Binary, buffer.AsMemory(0, length));
                }
                if (buffer is not null)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = null;
                }
                share.Release();
                await transport.WhenReadyAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            if (exception is WebSocketException { WebSocketErrorCode: not WebSocketError.ConnectionClosedPrematurely })
            {
                (reason, description) = (EngineCloseReason.TransportError, exception.Message);
            }
        }
        finally
        {
            share.End();
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        session.TransportEnded(transport, reason, description);
    }

    private static void Refuse(EngineSession session, WebSocketTransport transport, ushort code, string description)
    {
        session.Run((transport, code), static state => state.transport.Close(WebSocketFrame.CloseWith(state.code)));
        session.TransportEnded(transport, EngineCloseReason.TransportError, description);
    }

    /// <summary>The request lives as long as its WebSocket; what it brought need not.</summary>
    private static void Forget(HttpContext context)
    {
        // Clear would keep the strings for reuse.
        foreach (var name in context.Request.Headers.Keys.ToArray())
        {
            context.Request.Headers.Remove(name);
        }
        if (context.Features.Get<IHttpRequestFeature>() is { } request)
        {
            request.QueryString = "";
            request.RawTarget = "";
        }
        context.Features.Set<IQueryFeature>(null);
        context.Features.Set<IHttpWebSocketFeature>(null);
        context.Features.Set<UpgradeFeature>(null);
    }

    private static void Grow(ref byte[]? buffer, int length)
    {
        if (buffer is null)
        {
            buffer = ArrayPool<byte>.Shared.Rent(4096);
        }
        else if (length == buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length * 2);
            buffer.AsSpan(0, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
    }
}
