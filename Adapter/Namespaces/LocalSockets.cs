namespace OrleansAdapter.Namespaces;

/// <summary>
/// Which local sockets are in which room. Owned by the namespace's turn, so without a lock; joining and leaving take one step each, and a
/// broadcast's targets are found without a set.
/// </summary>
internal sealed class LocalSockets
{
    private readonly Dictionary<SocketId, LocalSocket> _sockets = [];
    private readonly Dictionary<Room, RoomMembers> _rooms = [];
    private readonly List<LocalSocket> _found = [];
    private long _mark;
    private long _steps;

    /// <summary>How many memberships it has looked at so far: what joining, leaving and resolving have cost.</summary>
    public long Steps => _steps;

    /// <summary>Told of rooms that come and go, and of who is in them; null for nobody.</summary>
    public IRoomObserver? Observer { get; set; }

    /// <summary>The same for somebody who watches the namespace for a while.</summary>
    public ISocketWatcher? Watcher { get; set; }

    public int Count => _sockets.Count;

    public IReadOnlyCollection<LocalSocket> All => _sockets.Values;

    public IReadOnlyList<Room> Rooms => [.. _rooms.Keys];

    public bool HasMembers(Room room) => _rooms.ContainsKey(room);

    public LocalSocket? Find(SocketId id) => _sockets.GetValueOrDefault(id);

    public void Add(LocalSocket socket)
    {
        _sockets.Add(socket.Id, socket);
        socket.IsConnected = true;
    }

    /// <summary>Removes a socket that is in no room any more.</summary>
    public void Remove(LocalSocket socket)
    {
        _sockets.Remove(socket.Id);
        socket.IsConnected = false;
    }

    public bool IsIn(LocalSocket socket, Room room) => _rooms.TryGetValue(room, out var members) && socket.Memberships.Find(members, ref _steps) is not null;

    /// <summary>Puts a socket into a room; true if it is the room's first local member.</summary>
    public bool Join(LocalSocket socket, Room room)
    {
        if (!_rooms.TryGetValue(room, out var members))
        {
            _rooms[room] = members = new RoomMembers(room);
        }
        else if (socket.Memberships.Find(members, ref _steps) is not null)
        {
            return false;
        }
        var membership = new RoomMembership(members, socket);
        members.Add(membership);
        socket.Memberships.Add(membership);
        socket.Joined(room);
        Observer?.Joined(room, socket, isFirst: members.Count == 1);
        Watcher?.Joined(room, socket, isFirst: members.Count == 1);
        return members.Count == 1;
    }

    /// <summary>Takes a socket out of a room; true if it was the room's last local member.</summary>
    public bool Leave(LocalSocket socket, Room room)
    {
        if (!_rooms.TryGetValue(room, out var members) || socket.Memberships.Find(members, ref _steps) is not { } membership)
        {
            return false;
        }
        socket.Left(room);
        return Remove(membership);
    }

    /// <summary>Takes a socket out of all its rooms; returns those it was the last local member of.</summary>
    public List<Room> LeaveAll(LocalSocket socket)
    {
        List<Room> emptied = [];
        while (socket.Memberships.Count > 0)
        {
            var membership = socket.Memberships.Last;
            if (Remove(membership))
            {
                emptied.Add(membership.Room.Key);
            }
        }
        return emptied;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var socket in _sockets.Values)
        {
            LeaveAll(socket);
            socket.IsConnected = false;
        }
        _sockets.Clear();
    }

    /// <summary>
    /// The sockets that a target means: rooms and single sockets, less the excepted ones, each once. Valid until the next call.
    /// A room name that is the id of a socket here means that socket.
    /// </summary>
    public List<LocalSocket> Resolve(BroadcastTarget target)
    {
        _found.Clear();
        _mark++;
        var exceptsLarge = ExceptsMoreThanItMeans(target);
        foreach (var room in target.ExceptRooms)
        {
            if (ByName(room) is { } single)
            {
                single.Mark = _mark;
            }
            else if (!exceptsLarge && _rooms.TryGetValue(room, out var members))
            {
                _steps += members.Count;
                foreach (var membership in members.Span)
                {
                    membership.Socket.Mark = _mark;
                }
            }
        }
        foreach (var id in target.ExceptSockets)
        {
            if (_sockets.TryGetValue(id, out var socket))
            {
                socket.Mark = _mark;
            }
        }
        foreach (var id in target.Sockets)
        {
            if (_sockets.TryGetValue(id, out var socket))
            {
                Take(socket);
            }
        }
        foreach (var room in target.Rooms)
        {
            if (ByName(room) is { } single)
            {
                Take(single);
            }
            else if (_rooms.TryGetValue(room, out var members))
            {
                foreach (var membership in members.Span)
                {
                    Take(membership.Socket);
                }
            }
        }
        if (exceptsLarge)
        {
            _found.RemoveAll(socket => IsInAny(socket, target.ExceptRooms));
        }
        return _found;
    }

    /// <summary>
    /// Whether so many sockets are excepted that those that are meant are asked one by one whether they are: a message to a few is to cost no more where a room
    /// is excepted that has many members.
    /// </summary>
    private bool ExceptsMoreThanItMeans(BroadcastTarget target)
    {
        long excepted = 0;
        foreach (var room in target.ExceptRooms)
        {
            excepted += _rooms.TryGetValue(room, out var members) ? members.Count : 0;
        }
        if (excepted <= SocketRoomList.Few)
        {
            return false;
        }
        long meant = target.Sockets.Length;
        foreach (var room in target.Rooms)
        {
            meant += _rooms.TryGetValue(room, out var members) ? members.Count : 1;
        }
        return excepted > SocketRoomList.Few * meant;
    }

    private bool IsInAny(LocalSocket socket, ReadOnlySpan<Room> rooms)
    {
        foreach (var room in rooms)
        {
            if (ByName(room) is null && _rooms.TryGetValue(room, out var members) && socket.Memberships.Find(members, ref _steps) is not null)
            {
                return true;
            }
        }
        return false;
    }

    private LocalSocket? ByName(Room room) =>
        room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var id) ? _sockets.GetValueOrDefault(id) : null;

    private void Take(LocalSocket socket)
    {
        _steps++;
        if (socket.Mark != _mark)
        {
            socket.Mark = _mark;
            _found.Add(socket);
        }
    }

    private bool Remove(RoomMembership membership)
    {
        var members = membership.Room;
        _steps++;
        members.Remove(membership);
        membership.Socket.Memberships.Remove(membership);
        Observer?.Left(members.Key, membership.Socket, isLast: members.Count == 0);
        Watcher?.Left(members.Key, membership.Socket, isLast: members.Count == 0);
        if (members.Count > 0)
        {
            return false;
        }
        _rooms.Remove(members.Key);
        return true;
    }
}
