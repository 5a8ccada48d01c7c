using System.Buffers.Binary;

namespace OrleansAdapter.Namespaces;

/// <summary>How many sockets match, of one server.</summary>
internal static class SocketCount
{
    public static void Handle(RequestContext request)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, request.Sockets.Count);
        request.Answer(bytes);
    }

    public static long Decode(ReadOnlyMemory<byte> bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes.Span);
}
