using System.Runtime.InteropServices;

namespace OrleansAdapter.Namespaces;

/// <summary>A socket in a room, with its place in the room's array and in the socket's, and so its removal in one step.</summary>
internal sealed class RoomMembership(RoomMembers room, LocalSocket socket)
{
    public RoomMembers Room { get; } = room;

    public LocalSocket Socket { get; } = socket;

    /// <summary>Its place among the room's members.</summary>
    public int Index { get; set; }

    /// <summary>Its place among the socket's rooms.</summary>
    public int SocketIndex { get; set; }
}

/// <summary>The local sockets of one room, dense.</summary>
internal sealed class RoomMembers(Room key)
{
    private readonly List<RoomMembership> _members = new(1);

    public Room Key { get; } = key;

    public int Count => _members.Count;

    public ReadOnlySpan<RoomMembership> Span => CollectionsMarshal.AsSpan(_members);

    public void Add(RoomMembership membership)
    {
        membership.Index = _members.Count;
        _members.Add(membership);
    }

    public void Remove(RoomMembership membership)
    {
        var last = _members[^1];
        last.Index = membership.Index;
        _members[membership.Index] = last;
        _members.RemoveAt(_members.Count - 1);
    }
}
