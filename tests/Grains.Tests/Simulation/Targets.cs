namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Whom a target means, worked out the plain way.</summary>
internal static class Targets
{
    /// <summary>Whether a target includes a socket that is in the rooms that the simulation knows it in.</summary>
    public static bool Include(BroadcastTarget target, SimulatedSocket socket) =>
        Match(target, socket, socket.Rooms.Contains) && !Except(target, socket, socket.Rooms.Contains);

    /// <summary>Whether a target names a socket, or a room that it is in.</summary>
    public static bool Match(BroadcastTarget target, SimulatedSocket socket, Func<Room, bool> isIn) =>
        Match(target.SocketArray, target.RoomArray, socket, isIn);

    /// <summary>Whether a target leaves out a socket, or a room that it is in.</summary>
    public static bool Except(BroadcastTarget target, SimulatedSocket socket, Func<Room, bool> isIn) =>
        Match(target.ExceptSocketArray, target.ExceptRoomArray, socket, isIn);

    /// <summary>Whether a target names the socket itself, by its id or by a room name that is its id.</summary>
    public static bool Name(BroadcastTarget target, SimulatedSocket socket) => Match(target, socket, _ => false);

    private static bool Match(SocketId[] sockets, Room[] rooms, SimulatedSocket socket, Func<Room, bool> isIn) =>
        Array.IndexOf(sockets, socket.Id) >= 0 || Array.Exists(rooms, room => IsId(room, socket) || isIn(room));

    private static bool IsId(Room room, SimulatedSocket socket) => room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var id) && id == socket.Id;
}
