using System.Buffers.Binary;

namespace OrleansAdapter.EngineIO;

/// <summary>Frames of RFC 6455 as a server writes them: whole messages, not masked.</summary>
internal static class WebSocketFrame
{
    public const byte Text = 0x81;
    public const byte Binary = 0x82;

    public const byte Pong = 0x8a;

    public const ushort ProtocolError = 1002;
    public const ushort InvalidText = 1007;
    public const ushort PolicyViolation = 1008;
    public const ushort TooBig = 1009;
    public const ushort TryAgainLater = 1013;

    /// <summary>An orderly close without a code.</summary>
    public static ReadOnlyMemory<byte> Close { get; } = new byte[] { 0x88, 0 };

    /// <summary>The close of a client that is too slow, with the reason.</summary>
    public static ReadOnlyMemory<byte> CloseSlow { get; } = CloseWith(PolicyViolation, "slow client: too much waited for it"u8);

    /// <summary>The close of a client that the application does not want.</summary>
    public static ReadOnlyMemory<byte> CloseRefused { get; } = CloseWith(PolicyViolation, "refused"u8);

    /// <summary>A close with a code.</summary>
    public static ReadOnlyMemory<byte> CloseWith(ushort code) => new byte[] { 0x88, 2, (byte)(code >> 8), (byte)code };

    /// <summary>A close with a code and a reason.</summary>
    public static ReadOnlyMemory<byte> CloseWith(ushort code, ReadOnlySpan<byte> reason) =>
        (byte[])[0x88, (byte)(2 + reason.Length), (byte)(code >> 8), (byte)code, .. reason];

    public static int HeaderLength(int payload) => payload switch { < 126 => 2, <= ushort.MaxValue => 4, _ => 10 };

    /// <summary>Writes a header; returns its length.</summary>
    public static int WriteHeader(Span<byte> to, byte first, int payload)
    {
        to[0] = first;
        switch (payload)
        {
            case < 126:
                to[1] = (byte)payload;
                return 2;
            case <= ushort.MaxValue:
                to[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)payload);
                return 4;
            default:
                to[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(to[2..], (ulong)payload);
                return 10;
        }
    }

    /// <summary>Writes a whole frame; returns what is behind it.</summary>
    public static Span<byte> Write(Span<byte> to, byte first, ReadOnlySpan<byte> payload)
    {
        var header = WriteHeader(to, first, payload.Length);
        payload.CopyTo(to[header..]);
        return to[(header + payload.Length)..];
    }
}
