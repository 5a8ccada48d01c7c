using System.Buffers;

namespace OrleansAdapter.Grains.Tests.Codec;

/// <summary>Encodes and decodes any message, by its family.</summary>
internal static class Wire
{
    public static byte[] Encode(object message)
    {
        var output = new ArrayBufferWriter<byte>();
        switch (message)
        {
            case WorkerMessage worker:
                MessageCodec.Write(output, worker);
                break;
            case HomeMessage home:
                MessageCodec.Write(output, home);
                break;
            case ServerMessage server:
                MessageCodec.Write(output, server);
                break;
            default:
                throw new ArgumentException($"{message.GetType()} is no message.");
        }
        return output.WrittenSpan.ToArray();
    }

    public static object Decode(object like, ReadOnlyMemory<byte> bytes) => like switch
    {
        WorkerMessage => MessageCodec.ReadWorkerMessage(bytes),
        HomeMessage => MessageCodec.ReadHomeMessage(bytes),
        _ => MessageCodec.ReadServerMessage(bytes),
    };

    /// <summary>Decodes what may be garbage: anything but a message or a <see cref="ProtocolException"/> fails the test.</summary>
    public static bool TryDecode(object like, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            Decode(like, bytes);
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}
