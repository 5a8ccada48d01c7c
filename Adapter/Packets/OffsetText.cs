using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace OrleansAdapter.Packets;

/// <summary>A place in the order as a client carries it: opaque, 22 characters of <c>[A-Za-z0-9_-]</c>, the same for all clients that get a packet.</summary>
internal static class OffsetText
{
    private const int Bytes = 16;

    public static string Write(OrderOffset offset)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, offset.Epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], offset.Number);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads what a client says; false for whatever no server wrote.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out OrderOffset offset)
    {
        offset = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != 22 || Base64Url.DecodeFromChars(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written != Bytes)
        {
            return false;
        }
        offset = new OrderOffset(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
        return offset.Epoch > 0 && offset.Number >= 0;
    }

    /// <summary>The arguments of a packet, a JSON array, with its place as the last one.</summary>
    public static ReadOnlyMemory<byte> AppendTo(ReadOnlySpan<byte> arguments, string offset)
    {
        var isEmpty = arguments.Length <= 2;
        var bytes = new byte[(isEmpty ? 1 : arguments.Length) + offset.Length + 3];
        var head = isEmpty ? "["u8 : arguments[..^1];
        head.CopyTo(bytes);
        var at = head.Length;
        if (!isEmpty)
        {
            bytes[at++] = (byte)',';
        }
        bytes[at++] = (byte)'"';
        at += Encoding.ASCII.GetBytes(offset, bytes.AsSpan(at));
        bytes[at++] = (byte)'"';
        bytes[at++] = (byte)']';
        return bytes.AsMemory(0, at);
    }
}
