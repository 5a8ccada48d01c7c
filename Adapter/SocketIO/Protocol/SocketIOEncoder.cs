using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>Writes packets, each into the one array that all transports take their form from.</summary>
internal static class SocketIOEncoder
{
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
        var head = Head(attachments.Count == 0 ? SocketIOPacketType.Event : SocketIOPacketType.BinaryEvent, @namespace, attachments.Count, id);
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
        Packet(Head(attachments.Count == 0 ? SocketIOPacketType.Ack : SocketIOPacketType.BinaryAck, @namespace, attachments.Count, id), arguments, attachments);

    /// <summary>The client is in the namespace, under this id.</summary>
    public static OutboundPacket Connect(string @namespace, SocketId id) =>
        Packet(Head(SocketIOPacketType.Connect, @namespace, 0, null), Encoding.ASCII.GetBytes($"{{\"sid\":\"{id}\"}}"), []);

    /// <summary>The client is in the namespace, under this id, and may come back with this secret.</summary>
    public static OutboundPacket Connect(string @namespace, SocketId id, string secret) =>
        Packet(Head(SocketIOPacketType.Connect, @namespace, 0, null), Encoding.ASCII.GetBytes($"{{\"sid\":\"{id}\",\"pid\":\"{secret}\"}}"), []);

    /// <summary>The client is not let into the namespace.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="message">Why.</param>
    /// <param name="data">More, as JSON; empty for nothing.</param>
    public static OutboundPacket ConnectError(string @namespace, string message, ReadOnlyMemory<byte> data)
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
        return Packet(Head(SocketIOPacketType.ConnectError, @namespace, 0, null), json.ToArray(), []);
    }

    /// <summary>The client is not in the namespace any more.</summary>
    public static OutboundPacket Disconnect(string @namespace) => Packet(Head(SocketIOPacketType.Disconnect, @namespace, 0, null), default, []);

    private static OutboundPacket Packet(byte[] head, ReadOnlyMemory<byte> payload, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        OutboundPacket.Create(
            head.Length + payload.Length, (head, payload), static (to, state) => Write(Write(to, state.head), state.payload.Span), attachments);

    /// <summary>All before the JSON, with Engine.IO's own type in front.</summary>
    private static byte[] Head(SocketIOPacketType type, string @namespace, int attachments, long? id)
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
