using System.Buffers.Binary;

namespace OrleansAdapter.Bench.Clients;

/// <summary>WebSocket frames, as a client writes and reads them. The mask is zero, which is valid and costs nothing.</summary>
internal static class Frames
{
    public const byte Text = 1;
    public const byte Binary = 2;
    public const byte Close = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;
    private const int Fin = 0x80;
    private const int Masked = 0x80;
    private const int LongestHeader = 14;

    /// <summary>Writes a frame; returns its length.</summary>
    public static int Write(Span<byte> to, byte opcode, ReadOnlySpan<byte> body, bool masked)
    {
        var at = Header(to, opcode, body.Length, masked);
        body.CopyTo(to[at..]);
        return at + body.Length;
    }

    public static byte[] Make(byte opcode, ReadOnlySpan<byte> body, bool masked = true)
    {
        Span<byte> header = stackalloc byte[LongestHeader];
        var length = Header(header, opcode, body.Length, masked);
        var frame = new byte[length + body.Length];
        header[..length].CopyTo(frame);
        body.CopyTo(frame.AsSpan(length));
        return frame;
    }

    /// <summary>Reads a frame's header; false if it is not all there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out Frame frame)
    {
        frame = default;
        if (from.Length < 2)
        {
            return false;
        }
        var isMasked = (from[1] & Masked) != 0;
        var length = from[1] & 0x7F;
        var header = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (isMasked ? 4 : 0);
        if (from.Length < header)
        {
            return false;
        }
        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(from[2..]),
            127 => (int)BinaryPrimitives.ReadUInt64BigEndian(from[2..]),
            _ => length,
        };
        frame = new Frame((byte)(from[0] & 0x0F), (from[0] & Fin) != 0, header, length);
        return true;
    }

    private static int Header(Span<byte> to, byte opcode, int length, bool masked)
    {
        to[0] = (byte)(Fin | opcode);
        var mask = masked ? Masked : 0;
        int at;
        switch (length)
        {
            case < 126:
                to[1] = (byte)(mask | length);
                at = 2;
                break;
            case <= ushort.MaxValue:
                to[1] = (byte)(mask | 126);
                BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)length);
                at = 4;
                break;
            default:
                to[1] = (byte)(mask | 127);
                BinaryPrimitives.WriteUInt64BigEndian(to[2..], (ulong)length);
                at = 10;
                break;
        }
        if (masked)
        {
            to.Slice(at, 4).Clear();
            at += 4;
        }
        return at;
    }
}

/// <summary>A frame's header: how long it is, and how long the body behind it.</summary>
internal readonly record struct Frame(byte Opcode, bool IsLast, int Header, int Length);
