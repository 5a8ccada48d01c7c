using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.EngineIO;

/// <summary>Writes packets as one payload, compressed where the client takes that and it is worth it.</summary>
internal static class PollingResponse
{
    public static async Task WriteAsync(HttpContext context, OutboundPacket[] packets, int? compressionThreshold)
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
                return;
            }
            context.Response.ContentLength = length;
            if (packets is [var single])
            {
                await context.Response.Body.WriteAsync(single.Payload, context.RequestAborted).ConfigureAwait(false);
                return;
            }
            var buffer = new ArrayBufferWriter<byte>(length);
            for (var i = 0; i < packets.Length; i++)
            {
                if (i > 0)
                {
                    buffer.Write([EnginePacket.Separator]);
                }
                buffer.Write(packets[i].Payload.Span);
            }
            await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client has gone; its heartbeat ends the session.
        }
    }

    private static async Task WriteAsync(Stream stream, OutboundPacket[] packets, CancellationToken cancellationToken)
    {
        for (var i = 0; i < packets.Length; i++)
        {
            if (i > 0)
            {
                stream.WriteByte(EnginePacket.Separator);
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
