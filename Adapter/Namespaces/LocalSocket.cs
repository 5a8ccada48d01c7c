using System.Text.Json;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter;

/// <summary>
/// One client connection of this server in one namespace, whatever protocol it speaks. A front derives from it and says how a packet is
/// written to the client.
/// </summary>
/// <remarks>
/// <see cref="Deliver"/>, <see cref="EndTurn"/> and <see cref="Close"/> are called from the namespace's turn, one at a time and in the one order of
/// the namespace. They return at once and do not throw: a slow client has a bounded queue of its own.
/// </remarks>
public abstract class LocalSocket
{
    private protected LocalSocket(SocketId id) => Id = id;

    /// <summary>The socket's id, which names this server.</summary>
    public SocketId Id { get; }

    /// <summary>The user whose socket it is, if there is one; fixed before it connects.</summary>
    public string? UserId { get; init; }

    /// <summary>What the client speaks, and what carries it now.</summary>
    internal virtual ClientKind Kind => default;

    /// <summary>Whether the namespace counts it as connected. Changed only in the turn.</summary>
    internal bool IsConnected { get; set; }

    /// <summary>What its client may come back to; null where it may not. Owned by the turn once it is connected.</summary>
    internal SocketSession? Session { get; set; }

    /// <summary>The rooms it is in.</summary>
    internal SocketRoomList Memberships { get; } = new();

    /// <summary>The resolution that last saw this socket, so that no set is needed to see each socket once.</summary>
    internal long Mark { get; set; }

    /// <summary>Whether it has been handed something in this turn.</summary>
    internal bool IsTouched { get; set; }

    /// <summary>Whether it is among the sockets that somebody watches: of very many, not all are.</summary>
    internal bool IsWatched { get; set; }

    /// <summary>What its connection has in common with others of the same client; secret, for who knows it may speak for the client.</summary>
    internal virtual string ConnectionKey => Id.ToString();

    /// <summary>Why it has ended, or is about to, as far as that is known.</summary>
    internal virtual string EndReason => "";

    /// <summary>Acknowledgements of this socket that are waited for. Owned by the turn.</summary>
    internal List<ClientAck>? PendingAcks { get; set; }

    /// <summary>Queues a packet for the client that asks for an acknowledgement. A front that cannot ask says so.</summary>
    internal virtual void DeliverWithAck(Packet packet, ClientAck ack)
    {
        ArgumentNullException.ThrowIfNull(ack);
        ack.Fail("This kind of client cannot acknowledge.");
    }

    /// <summary>Writes what the application keeps with the socket, as JSON. Not called in the turn.</summary>
    internal virtual void WriteData(Utf8JsonWriter writer, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNullValue();
    }

    /// <summary>Writes how the client connected, as a JSON object. Not called in the turn.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="secrets">Whether the auth payload and cookies belong to it.</param>
    internal virtual void WriteHandshake(Utf8JsonWriter writer, bool secrets)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNullValue();
    }

    /// <summary>The socket is in a room now. Called in the turn.</summary>
    internal virtual void Joined(Room room)
    {
    }

    /// <summary>The socket is not in a room any more, though connected still. Called in the turn.</summary>
    internal virtual void Left(Room room)
    {
    }

    /// <summary>Its client's claim came to nothing, so that the connection goes on without it: nothing is kept for it. Called in the turn.</summary>
    internal virtual void GivenUp()
    {
    }

    /// <summary>Queues a packet for the client.</summary>
    internal abstract void Deliver(Packet packet);

    /// <summary>The turn is over: what it queued may go out in one write.</summary>
    internal abstract void EndTurn();

    /// <summary>Closes the connection. The front takes the socket out of the namespace when that is done, if it is still in.</summary>
    internal abstract void Close(DisconnectReason reason);
}
