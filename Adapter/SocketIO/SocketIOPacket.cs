namespace OrleansAdapter.SocketIO;

/// <summary>The types of packets that Socket.IO's protocol 5 has, with the numbers that stand for them there.</summary>
public enum SocketIOPacketType
{
    /// <summary>A client asks to be let into a namespace; the server's answer, with the socket's id.</summary>
    Connect = 0,

    /// <summary>The end of a client's part in a namespace. Has no data.</summary>
    Disconnect = 1,

    /// <summary>An event: its name, and its arguments.</summary>
    Event = 2,

    /// <summary>An acknowledgement of an event: its arguments, and the event's id.</summary>
    Ack = 3,

    /// <summary>A client is not let into a namespace: why.</summary>
    ConnectError = 4,
}

/// <summary>A packet of Socket.IO in the form that a <see cref="ISocketIOParser"/> writes and reads: its data are JSON, with bytes beside it.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Namespace">The namespace, which begins with a slash.</param>
public sealed record SocketIOPacket(SocketIOPacketType Type, string Namespace)
{
    /// <summary>The id of the acknowledgement that is asked for, or that this is, from 0 to 2⁵³ − 1; null for none.</summary>
    public long? Id { get; init; }

    /// <summary>
    /// The data, as JSON in UTF-8; empty for none. Of an event an array, whose first element is its name; of an acknowledgement an array; of the others an
    /// object, or nothing. Bytes in it are <c>{"_placeholder":true,"num":i}</c>, for <see cref="Attachments"/>; where there are none of these, such an
    /// object is what it seems.
    /// </summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The bytes that <see cref="Data"/> refers to. Only events and acknowledgements have some.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments { get; init; } = [];
}
