namespace OrleansAdapter.Protocol;

/// <summary>How a broadcast is treated on its way to a client.</summary>
[Flags]
internal enum BroadcastFlags
{
    /// <summary>In the usual way.</summary>
    None = 0,

    /// <summary>May be dropped for a slow client, and never disconnects one.</summary>
    Volatile = 1,

    /// <summary>Is not compressed, even where the transport compresses.</summary>
    Uncompressed = 2,

    /// <summary>Its last excepted room is none, but the trace that it belongs to (<see cref="BroadcastTarget.Trace"/>).</summary>
    Traced = 4,
}

/// <summary>
/// Which sockets an operation is for: those in any of <see cref="Rooms"/> or named in <see cref="Sockets"/>, less those in any of
/// <see cref="ExceptRooms"/> or named in <see cref="ExceptSockets"/>; each at most once. Immutable.
/// </summary>
/// <remarks>
/// A room name that has the form of a <see cref="SocketId"/> whose server is registered names that socket. The home decides
/// (Socket.IO's <c>to(id)</c>), since only it knows the servers for sure.
/// </remarks>
internal sealed class BroadcastTarget
{
    /// <summary>Every socket of the namespace.</summary>
    public static BroadcastTarget All { get; } = new([Room.Everyone], []);

    /// <summary>Makes a target, which keeps the arrays: they must not be changed afterwards.</summary>
    public BroadcastTarget(
        Room[] rooms, SocketId[] sockets, Room[]? exceptRooms = null, SocketId[]? exceptSockets = null, BroadcastFlags flags = BroadcastFlags.None)
    {
        RoomArray = rooms;
        SocketArray = sockets;
        ExceptRoomArray = exceptRooms ?? [];
        ExceptSocketArray = exceptSockets ?? [];
        Flags = flags;
    }

    /// <summary>The rooms whose members are targets.</summary>
    public ReadOnlySpan<Room> Rooms => RoomArray;

    /// <summary>Single sockets that are targets.</summary>
    public ReadOnlySpan<SocketId> Sockets => SocketArray;

    /// <summary>Rooms whose members are left out.</summary>
    public ReadOnlySpan<Room> ExceptRooms => IsTraced ? ExceptRoomArray.AsSpan(..^1) : ExceptRoomArray;

    /// <summary>Single sockets that are left out.</summary>
    public ReadOnlySpan<SocketId> ExceptSockets => ExceptSocketArray;

    /// <summary>How it is treated on its way to a client.</summary>
    public BroadcastFlags Flags { get; }

    /// <summary>
    /// The W3C trace parent of whoever published it; empty where nobody traces. It travels as an excepted room, which for processes that know nothing of it is
    /// one that nobody is in. Broadcasts have theirs in the packet (<see cref="PacketTrace"/>).
    /// </summary>
    public string Trace => IsTraced ? ExceptRoomArray[^1].Name : "";

    private bool IsTraced => (Flags & BroadcastFlags.Traced) != 0 && ExceptRoomArray.Length > 0;

    internal Room[] RoomArray { get; }

    internal SocketId[] SocketArray { get; }

    internal Room[] ExceptRoomArray { get; }

    internal SocketId[] ExceptSocketArray { get; }

    /// <summary>The target of one socket.</summary>
    public static BroadcastTarget Socket(SocketId id) => new([], [id]);

    /// <summary>The same as part of a trace; itself where there is none, or where it has one.</summary>
    /// <param name="trace">The W3C trace parent; empty where there is none.</param>
    public BroadcastTarget WithTrace(string trace) => trace.Length == 0 || IsTraced
        ? this
        : new BroadcastTarget(RoomArray, SocketArray, [.. ExceptRoomArray, Room.Named(trace)], ExceptSocketArray, Flags | BroadcastFlags.Traced);

    /// <summary>The target of one room.</summary>
    public static BroadcastTarget Of(Room room) => new([room], []);
}
