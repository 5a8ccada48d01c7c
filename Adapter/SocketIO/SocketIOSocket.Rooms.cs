using System.Collections.Immutable;

namespace OrleansAdapter.SocketIO;

/// <content>Its rooms.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>Without that of its own id; null while it is not in the namespace.</summary>
    private ImmutableHashSet<string>? _rooms;

    private List<string>? _earlyRooms;
    private volatile bool _roomsAreGone;

    /// <summary>The rooms it is in, with the one of its own id; in handlers of <c>disconnecting</c> those it was in, and none afterwards.</summary>
    public IReadOnlySet<string> Rooms => _roomsAreGone || _rooms is not { } rooms ? ImmutableHashSet<string>.Empty : rooms.Add(Id.ToString());

    /// <summary>
    /// Joins rooms. Ends when that holds in the whole cluster; in a middleware, it holds when the client is let in. Nothing happens once it is
    /// disconnected.
    /// </summary>
    /// <exception cref="ArgumentException">A name is empty, too long, not valid Unicode, or the id of a socket.</exception>
    /// <exception cref="TooManyRoomsException">It is in <see cref="OrleansAdapterOptions.MaxRoomsPerSocket"/> rooms already.</exception>
    /// <exception cref="TimeoutException">The directory did not confirm it in time. It holds on this server.</exception>
    public Task Join(params ReadOnlySpan<string> rooms)
    {
        var named = new Room[rooms.Length];
        for (var i = 0; i < rooms.Length; i++)
        {
            named[i] = Room.Named(rooms[i]);
        }
        lock (_lock)
        {
            if (_state == State.Connecting && !IsConnected)
            {
                var limit = Namespace.Core.Server.Options.MaxRoomsPerSocket;
                if ((_earlyRooms?.Count ?? 0) + rooms.Length > limit)
                {
                    return Task.FromException(new TooManyRoomsException(Id, limit));
                }
                (_earlyRooms ??= []).AddRange(rooms);
                return Task.CompletedTask;
            }
        }
        return named.Length == 1 ? Namespace.Core.JoinAsync(this, named[0]) : Task.WhenAll(named.Select(room => Namespace.Core.JoinAsync(this, room)));
    }

    /// <summary>Leaves a room. Ends when nothing that is published from then on reaches it through the room.</summary>
    public Task Leave(string room)
    {
        var named = Room.Named(room);
        lock (_lock)
        {
            _earlyRooms?.Remove(room);
        }
        return Namespace.Core.LeaveAsync(this, named);
    }

    /// <inheritdoc/>
    internal override void Joined(Room room)
    {
        if (room == Room.Everyone)
        {
            _rooms = [];
        }
        else if (room.Kind == RoomKind.Room)
        {
            _rooms = _rooms?.Add(room.Name);
        }
    }

    /// <inheritdoc/>
    internal override void Left(Room room)
    {
        if (room.Kind == RoomKind.Room)
        {
            _rooms = _rooms?.Remove(room.Name);
        }
    }

    private Task JoinEarlyRoomsAsync()
    {
        List<string>? rooms;
        lock (_lock)
        {
            (rooms, _earlyRooms) = (_earlyRooms, null);
        }
        return rooms is null ? Task.CompletedTask : Task.WhenAll(rooms.Select(room => Namespace.Core.JoinAsync(this, Room.Named(room))));
    }
}
