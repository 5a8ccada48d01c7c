using System.Buffers.Binary;
using System.Text;

namespace OrleansAdapter.Packets;

/// <summary>
/// The bytes of a <see cref="Packet"/> as servers exchange them: a version byte, then the event, the arguments, the trace, the attachments
/// and the extra encodings, each with its length in four bytes. The home looks into them for the trace at most (<see cref="PacketTrace"/>).
/// </summary>
/// <remarks>A server of version N writes what one of version N − 1 reads; a packet of a version unknown here is refused, never misread.</remarks>
internal static class PacketCodec
{
    public const byte Version = PacketTrace.PacketVersion;

    public static byte[] Encode(
        string @event, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, IReadOnlyList<PacketEncoding> encodings)
    {
        var trace = BroadcastActivities.CurrentTrace;
        var length = 1 + 4 + trace.Length + 4 + Encoding.UTF8.GetByteCount(@event) + 4 + arguments.Length + 2 + attachments.Sum(a => 4 + a.Length)
            + encodings.Sum(e => 4 + Encoding.UTF8.GetByteCount(e.Protocol) + 4 + e.Bytes.Length);
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        bytes[0] = Version;
        var rest = bytes.AsSpan(1);
        rest = Write(rest, @event);
        rest = Write(rest, arguments);
        rest = Write(rest, trace);
        rest[0] = checked((byte)attachments.Count);
        rest[1] = checked((byte)encodings.Count);
        rest = rest[2..];
        foreach (var attachment in attachments)
        {
            rest = Write(rest, attachment.Span);
        }
        foreach (var (protocol, encoded) in encodings)
        {
            rest = Write(rest, protocol);
            rest = Write(rest, encoded.Span);
        }
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are of another version, or no packet.</exception>
    public static Packet Decode(ReadOnlyMemory<byte> bytes, BroadcastFlags flags)
    {
        if (bytes.IsEmpty || bytes.Span[0] != Version)
        {
            throw new InvalidDataException(
                $"A packet of version {(bytes.IsEmpty ? "none" : bytes.Span[0])} cannot be read by this server, which reads version {Version}.");
        }
        var rest = bytes[1..];
        var @event = Encoding.UTF8.GetString(Read(ref rest).Span);
        var arguments = Read(ref rest);
        var traceBytes = Read(ref rest);
        var trace = traceBytes.IsEmpty ? "" : Encoding.UTF8.GetString(traceBytes.Span);
        if (rest.Length < 2)
        {
            throw Truncated();
        }
        var counts = (Attachments: rest.Span[0], Encodings: rest.Span[1]);
        rest = rest[2..];
        var attachments = counts.Attachments == 0 ? [] : new ReadOnlyMemory<byte>[counts.Attachments];
        for (var i = 0; i < attachments.Length; i++)
        {
            attachments[i] = Read(ref rest);
        }
        var encodings = counts.Encodings == 0 ? [] : new PacketEncoding[counts.Encodings];
        for (var i = 0; i < encodings.Length; i++)
        {
            var protocol = Encoding.UTF8.GetString(Read(ref rest).Span);
            encodings[i] = new PacketEncoding(protocol, Read(ref rest));
        }
        return new Packet(@event, arguments, attachments, encodings, flags, trace);
    }

    private static Span<byte> Write(Span<byte> to, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, to[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(to, length);
        return to[(4 + length)..];
    }

    private static Span<byte> Write(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, bytes.Length);
        bytes.CopyTo(to[4..]);
        return to[(4 + bytes.Length)..];
    }

    private static ReadOnlyMemory<byte> Read(ref ReadOnlyMemory<byte> from)
    {
        if (from.Length < 4)
        {
            throw Truncated();
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(from.Span);
        if (length < 0 || length > from.Length - 4)
        {
            throw Truncated();
        }
        var bytes = from.Slice(4, length);
        from = from[(4 + length)..];
        return bytes;
    }

    private static InvalidDataException Truncated() => new("A packet ends before all of its parts.");
}
