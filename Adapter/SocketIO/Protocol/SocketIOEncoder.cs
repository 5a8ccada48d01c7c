using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>Writes packets, each into the one array that all transports take their form from.</summary>
internal static class SocketIOEncoder
{
    /// <summary>What stands for an event with attachments, and for an acknowledgement with some.</summary>
    public const byte BinaryEvent = (byte)'5';

    /// <inheritdoc cref="BinaryEvent"/>
    public const byte BinaryAck = (byte)'6';

    private static readonly JavaScriptEncoder Relaxed = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>An event: its name is put before its arguments, whose bytes are taken as they are.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="event">The name.</param>
    /// <param name="arguments">One JSON array.</param>
    /// <param name="attachments">Bytes that the arguments refer to.</param>
    /// <param name="id">The id of the acknowledgement that is asked for.</param>
    /// <param name="compress">Whether it may be compressed.</param>
    public static OutboundPacket Event(
        string @namespace, string @event, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? id = null,
            bool compress = true)
    {
        var head = Head(attachments.Count == 0 ? TypeOf(SocketIOPacketType.Event) : BinaryEvent, @namespace, attachments.Count, id);
        var name = JsonEncodedText.Encode(@event, Relaxed);
        var isEmpty = arguments.Length <= 2;
        var length = head.Length + 3 + name.EncodedUtf8Bytes.Length + (isEmpty ? 1 : arguments.Length);
        return OutboundPacket.Create(
            length,
            (head, name, arguments, isEmpty),
            static (to, state) =>
            {
                to = Write(to, state.head);
                to = Write(to, "[\""u8);
                to = Write(to, state.name.EncodedUtf8Bytes);
                to = Write(to, "\""u8);
                if (state.isEmpty)
                {
                    Write(to, "]"u8);
                }
                else
                {
                    to = Write(to, ","u8);
                    Write(to, state.arguments.Span[1..]);
                }
            },
            attachments,
            compress);
    }

    /// <summary>An acknowledgement.</summary>
    public static OutboundPacket Ack(string @namespace, long id, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Packet(Head(attachments.Count == 0 ? TypeOf(SocketIOPacketType.Ack) : BinaryAck, @namespace, attachments.Count, id), arguments, attachments);

    /// <summary>The client is in the namespace, under this id; with a secret where it may come back.</summary>
    public static OutboundPacket Connect(string @namespace, SocketId id, string? secret = null) =>
        Packet(Head(TypeOf(SocketIOPacketType.Connect), @namespace, 0, null), ConnectData(id, secret), []);

    /// <summary>The client is not let into the namespace.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="message">Why.</param>
    /// <param name="data">More, as JSON; empty for nothing.</param>
    public static OutboundPacket ConnectError(string @namespace, string message, ReadOnlyMemory<byte> data) =>
        Packet(Head(TypeOf(SocketIOPacketType.ConnectError), @namespace, 0, null), ErrorData(message, data), []);

    /// <summary>The client is not in the namespace any more.</summary>
    public static OutboundPacket Disconnect(string @namespace) => Packet(Head(TypeOf(SocketIOPacketType.Disconnect), @namespace, 0, null), default, []);

    /// <summary>The data of a CONNECT, as JSON.</summary>
    public static byte[] ConnectData(SocketId id, string? secret) =>
        Encoding.ASCII.GetBytes(secret is null ? $"{{\"sid\":\"{id}\"}}" : $"{{\"sid\":\"{id}\",\"pid\":\"{secret}\"}}");

    /// <summary>The data of a CONNECT_ERROR, as JSON.</summary>
    public static byte[] ErrorData(string message, ReadOnlyMemory<byte> data)
    {
        var json = new List<byte>(32 + message.Length + data.Length);
        json.AddRange("{\"message\":\""u8);
        json.AddRange(JsonEncodedText.Encode(message, Relaxed).EncodedUtf8Bytes);
        json.AddRange("\""u8);
        if (!data.IsEmpty)
        {
            json.AddRange(",\"data\":"u8);
            json.AddRange(data.Span);
        }
        json.AddRange("}"u8);
        return json.ToArray();
    }

    /// <summary>The data of an event, as JSON: its name, then its arguments.</summary>
    public static byte[] EventData(string @event, ReadOnlySpan<byte> arguments)
    {
        var name = JsonEncodedText.Encode(@event, Relaxed).EncodedUtf8Bytes;
        return arguments.Length <= 2 ? [.. "[\""u8, .. name, .. "\"]"u8] : [.. "[\""u8, .. name, .. "\","u8, .. arguments[1..]];
    }

    private static byte TypeOf(SocketIOPacketType type) => (byte)('0' + (int)type);

    private static OutboundPacket Packet(byte[] head, ReadOnlyMemory<byte> payload, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        OutboundPacket.Create(
            head.Length + payload.Length, (head, payload), static (to, state) => Write(Write(to, state.head), state.payload.Span), attachments);

    /// <summary>All before the JSON, with Engine.IO's own type in front.</summary>
    private static byte[] Head(byte type, string @namespace, int attachments, long? id)
    {
        var text = new StringBuilder(32);
        text.Append((char)EnginePacketType.Message).Append((char)type);
        if (attachments > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{attachments}-");
        }
        if (@namespace != "/")
        {
            text.Append(@namespace).Append(',');
        }
        text.Append(id);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Span<byte> Write(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to);
        return to[bytes.Length..];
    }
}
