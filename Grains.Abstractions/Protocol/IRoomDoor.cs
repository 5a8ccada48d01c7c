namespace OrleansAdapter.Protocol;

/// <summary>
/// Sends to rooms on behalf of services that are no servers of the cluster: what <c>RoomGrain</c> needs of the adapter. What it sends has its place in the
/// namespace's order, as if a server had sent it.
/// </summary>
internal interface IRoomDoor
{
    /// <summary>Sends an event. Ends when it has been accepted for every server that has members.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="room">The room; <see cref="Room.Everyone"/> for the whole namespace; the id of a socket means that socket.</param>
    /// <param name="event">The event's name.</param>
    /// <param name="arguments">A JSON array.</param>
    /// <exception cref="ArgumentException">The arguments are no JSON array.</exception>
    Task EmitAsync(string @namespace, Room room, string @event, ReadOnlyMemory<byte> arguments);

    /// <summary>The ids of the sockets in a room, on all servers.</summary>
    Task<IReadOnlyCollection<SocketId>> SocketsAsync(string @namespace, Room room, CancellationToken cancellationToken);

    /// <summary>Makes the sockets in a room join others. Ends when it holds everywhere.</summary>
    Task JoinAsync(string @namespace, Room room, string[] rooms);

    /// <summary>Makes the sockets in a room leave others. Ends when it holds everywhere.</summary>
    Task LeaveAsync(string @namespace, Room room, string[] rooms);

    /// <summary>Disconnects the sockets in a room. Ends when it holds everywhere.</summary>
    Task DisconnectAsync(string @namespace, Room room, bool close);
}
