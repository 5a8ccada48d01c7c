using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <content>Joining and leaving rooms: the local sockets change at once, and the home is told.</content>
internal sealed partial class NamespaceState
{
    /// <summary>What does not fit into one socket's rooms is left out; everybody else joins.</summary>
    private void JoinAll(List<LocalSocket> sockets, ReadOnlySpan<Room> rooms)
    {
        var (refused, example) = (0, default(SocketId));
        foreach (var socket in sockets)
        {
            var joinedAll = true;
            foreach (var room in rooms)
            {
                joinedAll &= TryJoin(socket, room);
            }
            if (!joinedAll)
            {
                (refused, example) = (refused + 1, socket.Id);
            }
        }
        if (refused > 0)
        {
            _output.JoinsRefused(refused, example);
        }
    }

    private void LeaveAll(List<LocalSocket> sockets, ReadOnlySpan<Room> rooms)
    {
        foreach (var socket in sockets)
        {
            foreach (var room in rooms)
            {
                Leave(socket, room);
            }
        }
    }

    /// <summary>Why no more members can be taken on; null where they can.</summary>
    private OperationException? Refuses(string what) =>
        Replica.IsStopped ? OperationException.For(OperationFailure.Stopped, what)
        : Replica.IsOverloaded ? OperationException.For(OperationFailure.TimedOut, what)
        : null;

    /// <summary>Whether a socket may be in a room: not where it is in as many rooms as it may be, and not in this one.</summary>
    private bool MayJoin(LocalSocket socket, Room room) =>
        socket.Memberships.Named < _maxRooms || room.Kind != RoomKind.Room || SetOf(socket).IsIn(socket, room);

    private bool TryJoin(LocalSocket socket, Room room)
    {
        if (!MayJoin(socket, room))
        {
            return false;
        }
        Join(socket, room);
        return true;
    }

    /// <summary>True if the home is told of the socket's own membership; the waiter is then told when it knows.</summary>
    private bool Join(LocalSocket socket, Room room, TaskCompletionSource? waiter = null)
    {
        var before = socket.Memberships.Count;
        var isNew = !HasMembers(room);
        SetOf(socket).Join(socket, room);
        if (isNew && !_inRemoteJoin)
        {
            Replica.TellMembership(room, member: true, _now);
        }
        if (socket.Memberships.Count > before)
        {
            KeepChange(socket, room, joined: true);
        }
        // Who joins again waits for the home as well: the first word may be on its way.
        return socket.Session is not null && (waiter is not null || socket.Memberships.Count > before)
            && Tell(socket, (id, claim) => new SessionJoined(id, claim, room), waiter);
    }

    /// <summary>The same for leaving.</summary>
    private bool Leave(LocalSocket socket, Room room, TaskCompletionSource? waiter = null)
    {
        var before = socket.Memberships.Count;
        if (SetOf(socket).Leave(socket, room) && !HasMembers(room))
        {
            Replica.TellMembership(room, member: false, _now);
        }
        if (socket.Memberships.Count < before)
        {
            KeepChange(socket, room, joined: false);
        }
        return socket.Session is not null && (waiter is not null || socket.Memberships.Count < before)
            && Tell(socket, (id, claim) => new SessionLeft(id, claim, room), waiter);
    }
}
