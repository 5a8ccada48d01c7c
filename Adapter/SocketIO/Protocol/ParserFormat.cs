using System.Text.Json;
using System.Text.Unicode;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>The format of a parser that is not the default one. What it makes of a client's messages is checked here.</summary>
internal sealed class ParserFormat(ISocketIOParser parser) : PacketFormat
{
    public override OutboundPacket Event(
        string @namespace, string @event, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? id = null,
            bool compress = true)
    {
        var data = SocketIOEncoder.EventData(@event, arguments.Span);
        return Encode(new(SocketIOPacketType.Event, @namespace) { Id = id, Data = data, Attachments = attachments }, compress);
    }

    public override OutboundPacket Ack(string @namespace, long id, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Encode(new(SocketIOPacketType.Ack, @namespace) { Id = id, Data = arguments, Attachments = attachments });

    public override OutboundPacket Connect(string @namespace, SocketId id, string? secret) =>
        Encode(new(SocketIOPacketType.Connect, @namespace) { Data = SocketIOEncoder.ConnectData(id, secret) });

    public override OutboundPacket ConnectError(string @namespace, string message, ReadOnlyMemory<byte> data) =>
        Encode(new(SocketIOPacketType.ConnectError, @namespace) { Data = SocketIOEncoder.ErrorData(message, data) });

    public override OutboundPacket Disconnect(string @namespace) => Encode(new(SocketIOPacketType.Disconnect, @namespace));

    public override IPacketDecoder NewDecoder(JsonSerializerOptions options, int maxAttachments, UnfinishedShare? share) =>
        new Decoder(parser.CreateDecoder(new SocketIODecoderLimits(PacketData.DepthOf(options), maxAttachments)), options, maxAttachments);

    private OutboundPacket Encode(SocketIOPacket packet, bool compress = true)
    {
        try
        {
            return ToOutbound(parser.Encode(packet), compress);
        }
#pragma warning disable CA1031 // The parser is the application's. Those who were to get the packet are disconnected, and the error is logged.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return OutboundPacket.Failed(exception);
        }
    }

    private static OutboundPacket ToOutbound(SocketIOMessages messages, bool compress)
    {
        var text = messages.Text;
        if (text.IsEmpty && messages.Binary.Count == 0)
        {
            throw new InvalidOperationException("The parser made no message of a packet.");
        }
        if (text.Span.Contains(EnginePacket.Separator) || !Utf8.IsValid(text.Span))
        {
            throw new InvalidOperationException("The parser made a text that is not UTF-8, or has the character U+001E in it.");
        }
        return OutboundPacket.Create(
            text.IsEmpty ? 0 : 1 + text.Length,
            text,
            static (to, text) =>
            {
                to[0] = (byte)EnginePacketType.Message;
                text.Span.CopyTo(to[1..]);
            },
            messages.Binary,
            compress);
    }

    private sealed class Decoder(ISocketIODecoder inner, JsonSerializerOptions options, int maxAttachments) : IPacketDecoder
    {
        public string? Add(bool isBinary, ReadOnlyMemory<byte> data, out ReceivedPacket? packet)
        {
            packet = null;
            try
            {
                return inner.Add(isBinary, data) is { } read ? Check(read, out packet) : null;
            }
            catch (InvalidDataException exception)
            {
                return exception.Message;
            }
        }

        private string? Check(SocketIOPacket read, out ReceivedPacket? packet)
        {
            packet = null;
            if (!Enum.IsDefined(read.Type))
            {
                return "unknown packet type";
            }
            if (read.Namespace is not ['/', ..])
            {
                return "invalid namespace";
            }
            if (read.Id is < 0 or > PacketData.LargestId)
            {
                return "illegal id";
            }
            if (read.Attachments.Count > maxAttachments)
            {
                return "too many attachments";
            }
            if (read.Attachments.Count > 0 && read.Type is not (SocketIOPacketType.Event or SocketIOPacketType.Ack))
            {
                return "illegal attachments";
            }
            return Utf8.IsValid(read.Data.Span)
                ? PacketData.Complete(new ReceivedPacket(read.Type, read.Namespace, read.Id), read.Data, read.Attachments, options, out packet)
                : "invalid payload";
        }
    }
}
