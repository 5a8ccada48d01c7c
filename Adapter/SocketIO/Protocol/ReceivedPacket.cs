namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>A packet as it came in, found good, with its attachments. Owns its memory.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Namespace">The namespace, which begins with a slash.</param>
/// <param name="Id">The id of the acknowledgement that is asked for, or that this is; null for none.</param>
internal sealed record ReceivedPacket(SocketIOPacketType Type, string Namespace, long? Id)
{
    /// <summary>The payload of a CONNECT or CONNECT_ERROR: JSON; empty for none.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The event's name.</summary>
    public string Event { get; init; } = "";

    /// <summary>The arguments of an event (behind its name) or of an ack.</summary>
    public SocketIOArguments Arguments { get; init; } = SocketIOArguments.None;
}
