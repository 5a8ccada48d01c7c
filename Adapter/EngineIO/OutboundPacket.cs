using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// What goes to a client as one unit, in the form of each transport: a text packet or none, with the binary messages that belong to it behind it.
/// Built once, whatever the number of connections it goes to, which share the bytes. Immutable.
/// </summary>
internal sealed class OutboundPacket
{
    /// <summary>About what the objects of a packet take, beside its bytes.</summary>
    private const int Overhead = 128;

    private readonly byte[] _frames;
    private readonly int _textStart;
    private readonly int _textLength;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _attachments;
    private byte[]? _payload;
    private byte[]? _base64Frames;

    private OutboundPacket(byte[] frames, int textStart, int textLength, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        _frames = frames;
        _textStart = textStart;
        _textLength = textLength;
        _attachments = attachments;
    }

    public static OutboundPacket Ping { get; } = Text("2");

    public static OutboundPacket ProbePong { get; } = Text("3probe");

    public static OutboundPacket Noop { get; } = Text("6");

    public static OutboundPacket Close { get; } = Text("1");

    /// <summary>Whether it may be compressed, where the transport compresses.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>Why there is nothing to send where something should be; null as it mostly is. Whoever was to get it is disconnected.</summary>
    public Exception? Failure { get; private init; }

    /// <summary>What it counts in a queue, in bytes.</summary>
    public int Size => _frames.Length + Overhead;

    /// <summary>WebSocket frames, one behind the other, to be written as they are.</summary>
    public ReadOnlyMemory<byte> Frames => _frames;

    /// <summary>The text packet alone; empty where there is none.</summary>
    public ReadOnlyMemory<byte> TextPacket => _frames.AsMemory(_textStart, _textLength);

    /// <summary>The binary messages behind it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments;

    /// <summary>The form in a payload of long-polling: bytes as base64.</summary>
    public ReadOnlyMemory<byte> Payload => _attachments.Count == 0 ? TextPacket : _payload ??= MakePayload();

    /// <summary>WebSocket frames for a client that asked for text only (<c>b64</c>).</summary>
    public ReadOnlyMemory<byte> Base64Frames => _attachments.Count == 0 ? Frames : _base64Frames ??= MakeBase64Frames();

    /// <summary>A packet that could not be made.</summary>
    public static OutboundPacket Failed(Exception failure) => new([], 0, 0, []) { Failure = failure };

    /// <summary>A text packet: its type and its data.</summary>
    public static OutboundPacket Text(string packet)
    {
        var length = Encoding.UTF8.GetByteCount(packet);
        return Create(length, packet, static (to, text) => Encoding.UTF8.GetBytes(text, to), []);
    }

    /// <summary>A packet whose text is written in place, so that it is copied nowhere.</summary>
    /// <param name="textLength">The exact length of the text, with the packet's type; 0 for no text.</param>
    /// <param name="state">Passed on to <paramref name="write"/>.</param>
    /// <param name="write">Fills the text.</param>
    /// <param name="attachments">The binary messages behind it.</param>
    /// <param name="compress">Whether it may be compressed.</param>
    public static OutboundPacket Create<TState>(
        int textLength, TState state, SpanAction<byte, TState> write, IReadOnlyList<ReadOnlyMemory<byte>> attachments, bool compress = true)
    {
        var header = textLength == 0 ? 0 : WebSocketFrame.HeaderLength(textLength);
        var length = header + textLength;
        foreach (var attachment in attachments)
        {
            length += WebSocketFrame.HeaderLength(attachment.Length) + attachment.Length;
        }
        var frames = GC.AllocateUninitializedArray<byte>(length);
        if (textLength > 0)
        {
            WebSocketFrame.WriteHeader(frames, WebSocketFrame.Text, textLength);
            write(frames.AsSpan(header, textLength), state);
        }
        var rest = frames.AsSpan(header + textLength);
        foreach (var attachment in attachments)
        {
            rest = WebSocketFrame.Write(rest, WebSocketFrame.Binary, attachment.Span);
        }
        return new OutboundPacket(frames, header, textLength, attachments) { Compress = compress };
    }

    private byte[] MakePayload()
    {
        // Separators stand between messages.
        var length = _textLength == 0 ? -1 : _textLength;
        foreach (var attachment in _attachments)
        {
            length += 2 + Base64.GetMaxEncodedToUtf8Length(attachment.Length);
        }
        var payload = GC.AllocateUninitializedArray<byte>(length);
        TextPacket.Span.CopyTo(payload);
        var rest = payload.AsSpan(_textLength);
        foreach (var attachment in _attachments)
        {
            if (rest.Length < payload.Length)
            {
                rest[0] = EnginePacket.Separator;
                rest = rest[1..];
            }
            rest = rest[WriteBase64(rest, attachment.Span)..];
        }
        return payload;
    }

    private byte[] MakeBase64Frames()
    {
        var length = _textStart + _textLength;
        foreach (var attachment in _attachments)
        {
            var encoded = 1 + Base64.GetMaxEncodedToUtf8Length(attachment.Length);
            length += WebSocketFrame.HeaderLength(encoded) + encoded;
        }
        var frames = GC.AllocateUninitializedArray<byte>(length);
        _frames.AsSpan(0, _textStart + _textLength).CopyTo(frames);
        var rest = frames.AsSpan(_textStart + _textLength);
        foreach (var attachment in _attachments)
        {
            rest = rest[WebSocketFrame.WriteHeader(rest, WebSocketFrame.Text, 1 + Base64.GetMaxEncodedToUtf8Length(attachment.Length))..];
            rest = rest[WriteBase64(rest, attachment.Span)..];
        }
        return frames;
    }

    private static int WriteBase64(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        to[0] = (byte)'b';
        Base64.EncodeToUtf8(bytes, to[1..], out _, out var written);
        return 1 + written;
    }
}
