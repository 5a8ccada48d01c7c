namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>The packets of Socket.IO 5, by the character that stands for each.</summary>
internal enum SocketIOPacketType : byte
{
    Connect = (byte)'0',
    Disconnect = (byte)'1',
    Event = (byte)'2',
    Ack = (byte)'3',
    ConnectError = (byte)'4',
    BinaryEvent = (byte)'5',
    BinaryAck = (byte)'6',
}

/// <summary>A packet as it came in, found good, with its attachments. Owns its memory.</summary>
/// <param name="Type">What it is. Binary events and acks are events and acks, whose arguments have the attachments.</param>
/// <param name="Namespace">The namespace, which begins with a slash.</param>
/// <param name="Id">The id of the acknowledgement that is asked for, or that this is; null for none.</param>
internal sealed record SocketIOPacket(SocketIOPacketType Type, string Namespace, long? Id)
{
    /// <summary>The payload of a CONNECT or CONNECT_ERROR: JSON; empty for none.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The event's name.</summary>
    public string Event { get; init; } = "";

    /// <summary>The arguments of an event (behind its name) or of an ack.</summary>
    public SocketIOArguments Arguments { get; init; } = SocketIOArguments.None;
}
