using System.Diagnostics;
using System.Buffers.Binary;
using System.Text;

namespace OrleansAdapter.Protocol;

/// <summary>
/// Where a packet's trace lies in its bytes: behind the version, the event and the arguments, each of these with its length in four bytes. It is the only part
/// of a packet that a home reads, and only where somebody traces; PacketCodec of the adapter writes them all.
/// </summary>
internal static class PacketTrace
{
    /// <summary>The version of packets that this is true of.</summary>
    public const byte PacketVersion = 1;

    /// <summary>The W3C trace parent in a packet; empty where it has none, or where the bytes are no packet of this version.</summary>
    public static string Of(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty || packet[0] != PacketVersion)
        {
            return "";
        }
        var rest = packet[1..];
        return TryTake(ref rest, out _) && TryTake(ref rest, out _) && TryTake(ref rest, out var trace) ? Encoding.UTF8.GetString(trace) : "";
    }

    /// <summary>A packet with this trace, in new bytes; the same where it has one, or where the bytes are no packet of this version.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="trace">The W3C trace parent.</param>
    public static ReadOnlyMemory<byte> With(ReadOnlyMemory<byte> packet, string trace)
    {
        if (packet.IsEmpty || packet.Span[0] != PacketVersion)
        {
            return packet;
        }
        var rest = packet.Span[1..];
        if (!TryTake(ref rest, out _) || !TryTake(ref rest, out _) || !TryTake(ref rest, out var own) || !own.IsEmpty)
        {
            return packet;
        }
        var bytes = new byte[packet.Length + trace.Length]; // which is ASCII
        var before = packet.Length - rest.Length;
        packet.Span[..before].CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(before - sizeof(int)), trace.Length);
        Encoding.ASCII.GetBytes(trace, bytes.AsSpan(before));
        rest.CopyTo(bytes.AsSpan(before + trace.Length));
        return bytes;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(rest) is var length && (length < 0 || length > rest.Length - sizeof(int)))
        {
            return false;
        }
        part = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }

    /// <summary>Reads a trace that has travelled, to go on with it; false where there is none.</summary>
    public static bool TryRead(string trace, out ActivityContext parent)
    {
        parent = default;
        return trace.Length > 0 && ActivityContext.TryParse(trace, null, isRemote: true, out parent);
    }
}
