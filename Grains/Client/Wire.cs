using System.Buffers;

namespace OrleansAdapter.Grains;

/// <summary>Encodes messages into arrays that Orleans may keep.</summary>
internal static class Wire
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    public static byte[] Write(WorkerMessage message, byte version)
    {
        var buffer = Buffer();
        MessageCodec.Write(buffer, message, version);
        return Take(buffer);
    }

    public static byte[] Write(HomeMessage message, byte version)
    {
        var buffer = Buffer();
        MessageCodec.Write(buffer, message, version);
        return Take(buffer);
    }

    public static byte[] Write(ServerMessage message, byte version)
    {
        var buffer = Buffer();
        MessageCodec.Write(buffer, message, version);
        return Take(buffer);
    }

    /// <summary>The version of the protocol that a message is written in, which its sender reads as well.</summary>
    public static byte VersionOf(byte[] message) => message.Length > 0 ? message[0] : ProtocolVersion.Oldest;

    private static ArrayBufferWriter<byte> Buffer()
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        return buffer;
    }

    private static byte[] Take(ArrayBufferWriter<byte> buffer)
    {
        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > 4 << 20)
        {
            _buffer = null; // one large message must not keep its size for ever
        }
        return bytes;
    }
}
