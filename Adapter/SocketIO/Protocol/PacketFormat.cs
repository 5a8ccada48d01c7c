using System.Text.Json;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>How packets are written and read: what a connection's parser is to the rest.</summary>
internal abstract class PacketFormat
{
    /// <summary>The broadcast in this format, among what is derived from it.</summary>
    public object EventKey { get; } = new();

    /// <summary>The same with its place in the order behind the arguments.</summary>
    public object OffsetKey { get; } = new();

    /// <summary>An event.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="event">The name.</param>
    /// <param name="arguments">One JSON array.</param>
    /// <param name="attachments">Bytes that the arguments refer to.</param>
    /// <param name="id">The id of the acknowledgement that is asked for.</param>
    /// <param name="compress">Whether it may be compressed.</param>
    public abstract OutboundPacket Event(
        string @namespace, string @event, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? id = null,
            bool compress = true);

    /// <summary>An acknowledgement.</summary>
    public abstract OutboundPacket Ack(string @namespace, long id, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments);

    /// <summary>The client is in the namespace, under this id; with a secret where it may come back.</summary>
    public abstract OutboundPacket Connect(string @namespace, SocketId id, string? secret);

    /// <summary>The client is not let into the namespace.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="message">Why.</param>
    /// <param name="data">More, as JSON; empty for nothing.</param>
    public abstract OutboundPacket ConnectError(string @namespace, string message, ReadOnlyMemory<byte> data);

    /// <summary>The client is not in the namespace any more.</summary>
    public abstract OutboundPacket Disconnect(string @namespace);

    /// <summary>What reads a connection's packets.</summary>
    /// <param name="options">How arguments become values; its depth bounds that of the data.</param>
    /// <param name="maxAttachments">How many attachments a packet may have.</param>
    /// <param name="share">What it may hold of packets that are not complete; null for no bound.</param>
    public abstract IPacketDecoder NewDecoder(JsonSerializerOptions options, int maxAttachments, UnfinishedShare? share);
}

/// <summary>Reads the packets of one connection.</summary>
internal interface IPacketDecoder
{
    /// <summary>Takes a message.</summary>
    /// <param name="isBinary">Whether it is bytes rather than text.</param>
    /// <param name="data">Copied where it is kept. Text is valid UTF-8.</param>
    /// <param name="packet">The packet that it completes; null where more has to come.</param>
    /// <returns>Null where it is good; otherwise what is wrong.</returns>
    string? Add(bool isBinary, ReadOnlyMemory<byte> data, out ReceivedPacket? packet);
}

/// <summary>The default parser's.</summary>
internal sealed class JsonFormat : PacketFormat
{
    public override OutboundPacket Event(
        string @namespace, string @event, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? id = null,
            bool compress = true) => SocketIOEncoder.Event(@namespace, @event, arguments, attachments, id, compress);

    public override OutboundPacket Ack(string @namespace, long id, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        SocketIOEncoder.Ack(@namespace, id, arguments, attachments);

    public override OutboundPacket Connect(string @namespace, SocketId id, string? secret) => SocketIOEncoder.Connect(@namespace, id, secret);

    public override OutboundPacket ConnectError(string @namespace, string message, ReadOnlyMemory<byte> data) =>
        SocketIOEncoder.ConnectError(@namespace, message, data);

    public override OutboundPacket Disconnect(string @namespace) => SocketIOEncoder.Disconnect(@namespace);

    public override IPacketDecoder NewDecoder(JsonSerializerOptions options, int maxAttachments, UnfinishedShare? share) =>
        new SocketIODecoder(options, maxAttachments, share);
}
