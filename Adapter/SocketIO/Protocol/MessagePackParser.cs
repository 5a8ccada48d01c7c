using System.Text;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>
/// The parser of clients with <c>socket.io-msgpack-parser</c>: each packet is one binary message, a map of <c>type</c>, <c>nsp</c>, <c>data</c> and
/// <c>id</c>.
/// </summary>
internal sealed class MessagePackParser : ISocketIOParser
{
    public SocketIOMessages Encode(SocketIOPacket packet)
    {
        var writer = new MessagePackWriter(packet.Data.Length + 32);
        writer.Map(2 + (packet.Data.IsEmpty ? 0 : 1) + (packet.Id is null ? 0 : 1));
        writer.Text("type"u8);
        writer.Integer((int)packet.Type);
        writer.Text("nsp"u8);
        writer.Text(Encoding.UTF8.GetBytes(packet.Namespace));
        if (!packet.Data.IsEmpty)
        {
            writer.Text("data"u8);
            writer.Json(packet.Data.Span, packet.Attachments);
        }
        if (packet.Id is { } id)
        {
            writer.Text("id"u8);
            writer.Integer(id);
        }
        return new SocketIOMessages(default, [writer.Written]);
    }

    public ISocketIODecoder CreateDecoder(SocketIODecoderLimits limits) => new Decoder(limits);

    private sealed class Decoder(SocketIODecoderLimits limits) : ISocketIODecoder
    {
        private string _lastNamespace = "/";

        public SocketIOPacket? Add(bool isBinary, ReadOnlyMemory<byte> message)
        {
            if (!isBinary)
            {
                throw new InvalidDataException("got text, where every packet is MessagePack; the client may have another parser");
            }
            var reader = new MessagePackReader(message.Span, limits);
            var (type, id, data) = (default(long?), default(long?), default(MessagePackValue));
            string? name = null;
            var (hasId, hasData) = (false, false);
            for (var members = reader.Map(); members > 0; members--)
            {
                var key = reader.Text();
                if (key.SequenceEqual("type"u8))
                {
                    Once(type is not null);
                    type = reader.Integer();
                }
                else if (key.SequenceEqual("nsp"u8))
                {
                    Once(name is not null);
                    name = NamespaceOf(reader.Text());
                }
                else if (key.SequenceEqual("id"u8))
                {
                    Once(hasId);
                    (hasId, id) = (true, reader.TryUndefined() ? null : reader.Integer());
                }
                else if (key.SequenceEqual("data"u8))
                {
                    Once(hasData);
                    (hasData, data) = (true, reader.TryUndefined() ? default : reader.Value());
                }
                else
                {
                    // Official clients send their options along.
                    reader.Skip();
                }
            }
            reader.End();
            return Packet(type, name, id, data);
        }

        private static SocketIOPacket Packet(long? type, string? name, long? id, MessagePackValue data)
        {
            if (type is not (>= 0 and <= (long)SocketIOPacketType.ConnectError))
            {
                throw new InvalidDataException("unknown packet type");
            }
            if (name is null)
            {
                throw new InvalidDataException("a packet without a namespace");
            }
            var packet = new SocketIOPacket((SocketIOPacketType)type, name) { Id = id, Data = data.Json, Attachments = data.Attachments ?? [] };
            // What is sent by JSON has no attachments there.
            return packet.Attachments.Count == 0 || packet.Type is SocketIOPacketType.Event or SocketIOPacketType.Ack
                ? packet
                : packet with { Data = data.WithBase64(), Attachments = [] };
        }

        private string NamespaceOf(ReadOnlySpan<byte> name)
        {
            // A client mostly stays in one namespace, whose name need not be made anew for each packet.
            if (!Ascii.Equals(name, _lastNamespace))
            {
                _lastNamespace = Encoding.UTF8.GetString(name);
            }
            return _lastNamespace;
        }

        private static void Once(bool isThere)
        {
            if (isThere)
            {
                throw new InvalidDataException("a packet that has a member twice");
            }
        }
    }
}

/// <summary>A value that was read: JSON, with bytes beside it.</summary>
/// <param name="Json">The JSON.</param>
/// <param name="Attachments">The bytes.</param>
/// <param name="Placeholders">Where the JSON has which of them.</param>
internal readonly record struct MessagePackValue(
    ReadOnlyMemory<byte> Json, IReadOnlyList<ReadOnlyMemory<byte>> Attachments, IReadOnlyList<Placeholder> Placeholders)
{
    /// <summary>The JSON with the bytes in it, as base64.</summary>
    public ReadOnlyMemory<byte> WithBase64()
    {
        var attachments = Attachments;
        return Placeholder.Replace(
            Json.Span, new Range(0, Json.Length), Placeholders, (writer, attachment) => writer.WriteBase64StringValue(attachments[attachment].Span));
    }
}
