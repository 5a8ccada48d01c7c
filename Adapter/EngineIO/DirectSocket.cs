using System.Buffers;
using System.IO.Pipelines;

namespace OrleansAdapter.EngineIO;

/// <summary>Reads a WebSocket's messages straight from its connection.</summary>
internal static class DirectSocket
{
    /// <summary>
    /// Hands messages to the session until the connection is over. One that this server has closed is read to its end, so that the client gets the close
    /// frame.
    /// </summary>
    public static async Task RunAsync(PipeReader input, FrameWriter writer, EngineSession session, WebSocketTransport transport, EngineServer server)
    {
        var frames = new FrameReader(server.Options.MaxHttpBufferSize, server.Unfinished);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                var (found, consumed, examined) = Read(frames, result.Buffer, session, transport);
                input.AdvanceTo(consumed, examined);
                switch (found)
                {
                    case FrameReading.More:
                        if (result.IsCompleted || result.IsCanceled)
                        {
                            session.TransportEnded(transport, EngineCloseReason.TransportClose, null);
                            return;
                        }
                        break;
                    case FrameReading.Message:
                        await transport.WhenReadyAsync().ConfigureAwait(false);
                        break;
                    case FrameReading.Ping:
                        await writer.WriteAsync(Pong(frames.Control)).ConfigureAwait(false);
                        break;
                    case FrameReading.Close:
                        session.TransportEnded(transport, EngineCloseReason.TransportClose, null);
                        return;
                    default:
                        frames.Release();
                        if (found == FrameReading.TooMany)
                        {
                            server.RefusedUnfinished();
                        }
                        Refuse(found, session, transport);
                        await DrainAsync(input).ConfigureAwait(false);
                        return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            session.TransportEnded(transport, EngineCloseReason.TransportClose, null);
        }
        finally
        {
            frames.Release();
            await transport.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads one thing. A message is handed on at once, as long as its memory is held.</summary>
    private static (FrameReading Found, SequencePosition Consumed, SequencePosition Examined) Read(
        FrameReader frames, ReadOnlySequence<byte> buffer, EngineSession session, WebSocketTransport transport)
    {
        var found = frames.Read(ref buffer);
        if (found == FrameReading.Message)
        {
            session.Receive(transport, frames.IsBinary, frames.Message);
            frames.Release();
        }
        return (found, buffer.Start, found == FrameReading.More ? buffer.End : buffer.Start);
    }

    private static void Refuse(FrameReading found, EngineSession session, WebSocketTransport transport)
    {
        var (code, description) = found switch
        {
            FrameReading.TooBig => (WebSocketFrame.TooBig, "max payload size exceeded"),
            FrameReading.TooMany => (WebSocketFrame.TryAgainLater, UnfinishedBytes.Refused),
            FrameReading.InvalidText => (WebSocketFrame.InvalidText, "text that is not valid UTF-8"),
            _ => (WebSocketFrame.ProtocolError, "a frame that may not be"),
        };
        session.Run((transport, code), static state => state.transport.Close(WebSocketFrame.CloseWith(state.code)));
        session.TransportEnded(transport, EngineCloseReason.TransportError, description);
    }

    /// <summary>Takes what still comes, until the client has the close frame and hangs up, or the transport cuts it.</summary>
    private static async Task DrainAsync(PipeReader input)
    {
        while (true)
        {
            var result = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                return;
            }
        }
    }

    private static byte[] Pong(byte[] payload)
    {
        var frame = new byte[2 + payload.Length];
        WebSocketFrame.Write(frame, WebSocketFrame.Pong, payload);
        return frame;
    }
}
