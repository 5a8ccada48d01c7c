using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.EngineIO;

/// <summary>Writes packets as one payload, compressed where the client takes that and it is worth it.</summary>
internal static class PollingResponse
{
    private static readonly byte[] Separator = [EnginePacket.Separator];

    /// <summary>False where the client may not have got all of it.</summary>
    public static async Task<bool> TryWriteAsync(HttpContext context, OutboundPacket[] packets, int? compressionThreshold)
    {
        var length = packets.Length - 1;
        var compress = false;
        foreach (var packet in packets)
        {
            length += packet.Payload.Length;
            compress |= packet.Compress;
        }
        try
        {
            if (compress && length >= compressionThreshold && Accepted(context.Request) is { } encoding)
            {
                context.Response.Headers.ContentEncoding = encoding;
                await using var compressed = Compress(context.Response.Body, encoding);
                await WriteAsync(compressed, packets, context.RequestAborted).ConfigureAwait(false);
            }
            else
            {
                context.Response.ContentLength = length;
                await context.Response.Body.WriteAsync(Join(packets, length), context.RequestAborted).ConfigureAwait(false);
            }
            // What is written to a connection that has ended is dropped without an error. A client that has all may have hung up, which is no reason.
            return !(await context.Response.BodyWriter.FlushAsync(CancellationToken.None).ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Join(OutboundPacket[] packets, int length)
    {
        if (packets is [var single])
        {
            return single.Payload;
        }
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

    private static async Task WriteAsync(Stream stream, OutboundPacket[] packets, CancellationToken cancellationToken)
    {
        for (var i = 0; i < packets.Length; i++)
        {
            if (i > 0)
            {
                await stream.WriteAsync(Separator, cancellationToken).ConfigureAwait(false);
            }
            await stream.WriteAsync(packets[i].Payload, cancellationToken).ConfigureAwait(false);
        }
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

    private static Stream Compress(Stream stream, string encoding) => encoding == "gzip"
        ? new GZipStream(new BufferedStream(stream), CompressionLevel.Fastest)
        : new ZLibStream(new BufferedStream(stream), CompressionLevel.Fastest);
}
