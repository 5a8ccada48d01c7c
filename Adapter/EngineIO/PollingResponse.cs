using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.EngineIO;

/// <summary>Writes packets as one payload, compressed where the client takes that and it is worth it.</summary>
internal static class PollingResponse
{
    /// <summary>How much is written at a time.</summary>
    private const int PieceBytes = 32 << 10;

    private static readonly byte[] Separator = [EnginePacket.Separator];

    /// <summary>
    /// False where the client has certainly not got all of it. A connection that is found closed behind the last piece tells nothing: a client that has all
    /// may hang up at once.
    /// </summary>
    public static async Task<bool> TryWriteAsync(HttpContext context, OutboundPacket[] packets, int? compressionThreshold)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return false;
        }
        var length = packets.Length - 1;
        var compress = false;
        foreach (var packet in packets)
        {
            length += packet.Payload.Length;
            compress |= packet.Compress;
        }
        var body = packets is [var single] ? single.Payload : Join(packets, length);
        if (compress && length >= compressionThreshold && Accepted(context.Request) is { } encoding)
        {
            context.Response.Headers.ContentEncoding = encoding;
            body = Compress(body, encoding);
        }
        context.Response.ContentLength = body.Length;
        try
        {
            while (true)
            {
                var piece = body[..Math.Min(body.Length, PieceBytes)];
                body = body[piece.Length..];
                // What is written to a connection that has ended is dropped without an error.
                var isOver = (await context.Response.BodyWriter.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false)).IsCompleted;
                if (body.IsEmpty || isOver)
                {
                    return body.IsEmpty;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Join(OutboundPacket[] packets, int length)
    {
        var buffer = new ArrayBufferWriter<byte>(length);
        for (var i = 0; i < packets.Length; i++)
        {
            if (i > 0)
            {
                buffer.Write(Separator);
            }
            buffer.Write(packets[i].Payload.Span);
        }
        return buffer.WrittenMemory;
    }

    private static string? Accepted(HttpRequest request)
    {
        foreach (var encoding in request.GetTypedHeaders().AcceptEncoding)
        {
            if (encoding.Quality is not 0 && encoding.Value.Value is "gzip" or "deflate")
            {
                return encoding.Value.Value;
            }
        }
        return null;
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> body, string encoding)
    {
        var compressed = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body.Span);
        }
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
