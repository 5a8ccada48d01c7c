namespace OrleansAdapter.Namespaces;

/// <summary>
/// The rooms of one socket, dense. Most sockets are in a few, which are searched one by one; one that is in more has an index, so that no search and no removal
/// grows with the number of its rooms.
/// </summary>
internal sealed class SocketRoomList
{
    /// <summary>How many rooms are searched one by one at most.</summary>
    public const int Few = 8;

    private readonly List<RoomMembership> _list = new(1);
    private Dictionary<RoomMembers, RoomMembership>? _index;

    public int Count => _list.Count;

    /// <summary>How many of them were joined by name: neither the whole namespace nor its user's.</summary>
    public int Named { get; private set; }

    public RoomMembership Last => _list[^1];

    public IReadOnlyList<RoomMembership> All => _list;

    public void Add(RoomMembership membership)
    {
        membership.SocketIndex = _list.Count;
        _list.Add(membership);
        Named += IsNamed(membership) ? 1 : 0;
        if (_index is not null)
        {
            _index.Add(membership.Room, membership);
        }
        else if (_list.Count > Few)
        {
            _index = _list.ToDictionary(each => each.Room);
        }
    }

    public void Remove(RoomMembership membership)
    {
        var last = _list[^1];
        last.SocketIndex = membership.SocketIndex;
        _list[membership.SocketIndex] = last;
        _list.RemoveAt(_list.Count - 1);
        Named -= IsNamed(membership) ? 1 : 0;
        _index?.Remove(membership.Room);
        if (_list.Count == 0)
        {
            _index = null;
            _list.Capacity = 1;
        }
    }

    /// <summary>The socket's membership in a room, if it is in it.</summary>
    /// <param name="room">The room.</param>
    /// <param name="steps">Raised by what it took.</param>
    public RoomMembership? Find(RoomMembers room, ref long steps)
    {
        steps++;
        if (_index is not null)
        {
            return _index.GetValueOrDefault(room);
        }
        foreach (var membership in _list)
        {
            steps++;
            if (ReferenceEquals(membership.Room, room))
            {
                return membership;
            }
        }
        return null;
    }

    private static bool IsNamed(RoomMembership membership) => membership.Room.Key is { Kind: RoomKind.Room, Name.Length: > 0 };
}
