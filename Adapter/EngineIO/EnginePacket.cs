using System.Buffers;
using System.Buffers.Text;

namespace OrleansAdapter.EngineIO;

/// <summary>The packets of Engine.IO 4, by the character that stands for each.</summary>
internal enum EnginePacketType : byte
{
    Open = (byte)'0',
    Close = (byte)'1',
    Ping = (byte)'2',
    Pong = (byte)'3',
    Message = (byte)'4',
    Upgrade = (byte)'5',
    Noop = (byte)'6',
}

/// <summary>A packet as it came in. Its data is part of the buffer it was read from, or of one of its own where it came as base64.</summary>
internal readonly struct EnginePacket(EnginePacketType type, bool isBinary, ReadOnlyMemory<byte> data)
{
    public const byte Separator = 0x1e;

    public EnginePacketType Type { get; } = type;

    /// <summary>Whether the data are bytes rather than text. Only messages have them.</summary>
    public bool IsBinary { get; } = isBinary;

    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>Reads the text form of one packet; false where it is none. The text is valid UTF-8 already.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> text, out EnginePacket packet)
    {
        packet = default;
        if (text.IsEmpty)
        {
            return false;
        }
        var type = text.Span[0];
        if (type == (byte)'b')
        {
            return TryParseBase64(text.Span[1..], out packet);
        }
        if (type is < (byte)'0' or > (byte)'6')
        {
            return false;
        }
        packet = new EnginePacket((EnginePacketType)type, false, text[1..]);
        return true;
    }

    /// <summary>Cuts the next packet's text off a payload: packets are separated by one character, which no packet holds.</summary>
    public static ReadOnlyMemory<byte> CutNext(ref ReadOnlyMemory<byte> payload, out bool last)
    {
        var end = payload.Span.IndexOf(Separator);
        last = end < 0;
        var text = last ? payload : payload[..end];
        payload = last ? default : payload[(end + 1)..];
        return text;
    }

    private static bool TryParseBase64(ReadOnlySpan<byte> text, out EnginePacket packet)
    {
        packet = default;
        var bytes = GC.AllocateUninitializedArray<byte>(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        if (Base64.DecodeFromUtf8(text, bytes, out _, out var written) != OperationStatus.Done)
        {
            return false;
        }
        packet = new EnginePacket(EnginePacketType.Message, true, bytes.AsMemory(0, written));
        return true;
    }
}
