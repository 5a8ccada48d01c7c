using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// All that one server knows of one namespace: its sockets, their rooms, and its half of the protocol with the home. A plain state machine,
/// without a queue or a clock of its own; the namespace's queue runs it, and the simulation does.
/// </summary>
internal sealed partial class NamespaceState : IReplicaHost
{
    private readonly INamespaceOutput _output;
    private readonly LocalSockets _sockets = new();
    private readonly List<LocalSocket> _touched = [];
    private readonly int _maxRooms;
    private bool _inRemoteJoin;
    private long _now;

    /// <param name="options">Of its half of the protocol.</param>
    /// <param name="output">Where messages and news go.</param>
    /// <param name="life">This server's life.</param>
    /// <param name="maxRooms">How many rooms one socket may join.</param>
    public NamespaceState(ReplicaOptions options, INamespaceOutput output, ServerId life, int maxRooms = int.MaxValue)
    {
        (_output, _maxRooms) = (output, maxRooms);
        Replica = new Replica(options, this, life);
    }

    public Replica Replica { get; }

    /// <summary>The namespace's name, for traces.</summary>
    public string Name { get; init; } = "";

    public LocalSockets Sockets => _sockets;

    /// <summary>Begins to register.</summary>
    public void Start(long now)
    {
        _now = now;
        Replica.Start(now);
    }

    /// <summary>Takes a socket in. The waiter completes when every broadcast published from then on will reach it.</summary>
    public void Connect(LocalSocket socket, TaskCompletionSource waiter, long now)
    {
        _now = now;
        if (Refuses("a connect") is { } refusal)
        {
            waiter.TrySetException(refusal);
            return;
        }
        if (socket.Id.Server != Replica.Life)
        {
            waiter.TrySetException(OperationException.For(OperationFailure.Fenced, "a connect"));
            return;
        }
        Span<Room> rooms = [Room.Everyone, socket.UserId is { Length: > 0 } user ? Room.OfUser(user) : Room.Everyone];
        _sockets.Add(socket);
        foreach (var room in rooms)
        {
            Join(socket, room);
        }
        if (socket.Session is { } session && Replica.KeepsSessions)
        {
            OpenSession(socket, session, waiter);
            return;
        }
        Replica.WhenMembershipHolds(rooms, waiter);
    }

    /// <summary>What is said where a room is to have the name of a socket.</summary>
    public static ArgumentException IsSocket(string room) =>
        new($"\"{room}\" is the id of a socket of a registered server; a room cannot have that name.", nameof(room));

    /// <summary>Takes a socket out of the namespace and all its rooms; nothing happens where it is out already.</summary>
    public void Disconnect(LocalSocket socket, long now, bool mayComeBack = false)
    {
        _now = now;
        if (!socket.IsConnected)
        {
            return;
        }
        if (mayComeBack && Replica.KeepsSessions && socket is { Session: { IsOpen: true } session })
        {
            GoAway(socket, session);
            return;
        }
        TakeOut(socket);
        EndSession(socket, mayComeBack);
    }

    /// <summary>Puts a socket into a room. A socket that has gone is left alone: nothing is to be undone later.</summary>
    public void Join(LocalSocket socket, Room room, TaskCompletionSource waiter, long now)
    {
        _now = now;
        if (room.Kind == RoomKind.Room && SocketId.TryParse(room.Name, out var id) && Replica.List.Contains(id.Server))
        {
            waiter.TrySetException(IsSocket(room.Name));
            return;
        }
        if (Refuses("a join") is { } refusal)
        {
            waiter.TrySetException(refusal);
            return;
        }
        if (socket.IsConnected && !MayJoin(socket, room))
        {
            waiter.TrySetException(new TooManyRoomsException(socket.Id, _maxRooms));
        }
        else if (!socket.IsConnected || !Join(socket, room, waiter))
        {
            Replica.WhenMembershipHolds([room], waiter);
        }
    }

    /// <summary>
    /// Takes a socket out of a room. Holds at once: nothing published to the room reaches the socket after this turn. The waiter completes when the home
    /// knows it, where the socket has a session, else at once.
    /// </summary>
    public void Leave(LocalSocket socket, Room room, TaskCompletionSource? waiter, long now)
    {
        _now = now;
        if (!Leave(socket, room, waiter))
        {
            waiter?.TrySetResult();
        }
    }

    /// <summary>Puts an operation into the one order.</summary>
    public void Submit(PendingOperation operation, long now) => Replica.Submit(operation, now);

    /// <summary>
    /// Makes local sockets join, leave or go, outside the order. The waiter completes when a join holds in the whole cluster, the others at once.
    /// </summary>
    public void Steer(Operation operation, TaskCompletionSource waiter, long now)
    {
        _now = now;
        Handle(operation, _sockets.Resolve(operation.Target!));
        Replica.WhenMembershipHolds(operation.Kind == OperationKind.SocketsJoin ? operation.Rooms : [], waiter);
    }

    /// <summary>Hands a packet to local sockets at once, outside the order.</summary>
    public int DeliverLocally(BroadcastTarget target, Packet packet)
    {
        var found = _sockets.Resolve(target);
        Stamp(packet, found, Replica.Handled);
        return Deliver(found, packet);
    }

    public void Receive(HomeMessage message, long now)
    {
        _now = now;
        Replica.Receive(message, now);
    }

    public void Connected(long now)
    {
        _now = now;
        Replica.Connected(now);
    }

    public void Tick(long now)
    {
        _now = now;
        TickAway();
        Replica.Tick(now);
    }

    /// <summary>Ends a turn: what was gathered goes out, to the home and to the clients.</summary>
    public void EndTurn(long now)
    {
        Replica.EndTurn(now);
        foreach (var socket in _touched)
        {
            socket.IsTouched = false;
            Guarded(socket, static (s, _) => s.EndTurn(), null);
        }
        _touched.Clear();
    }

    void IReplicaHost.Send(WorkerMessage message) => _output.Send(message);

    bool IReplicaHost.HasMembers(Room room) => HasMembers(room);

    IReadOnlyList<Room> IReplicaHost.LocalRooms() => _away.Count == 0 ? _sockets.Rooms : [.. _sockets.Rooms.Union(_away.Rooms)];

    void IReplicaHost.ListChanged(IReadOnlyList<ServerId> list) => _output.ListChanged(list);

    void IReplicaHost.Fenced(ServerId ended)
    {
        var sockets = _sockets.All.ToArray();
        // First of all: the first client whose connection is closed may be back before the last one's is, and then needs an id of the new life.
        _output.LifeChanged(Replica.Life);
        _sockets.Clear();
        ForgetAway();
        _claims.Clear();
        foreach (var socket in sockets)
        {
            if (socket.Session is { } session)
            {
                session.IsOpen = false;
            }
            ForgetAcks(socket);
            Close(socket, DisconnectReason.ServerFenced);
        }
        _output.Fenced(ended, sockets.Length);
    }

    /// <summary>An entry that cannot be handled is left out; what follows it is not.</summary>
    void IReplicaHost.Handle(Entry entry)
    {
        try
        {
            Handle(entry);
        }
#pragma warning disable CA1031 // Made known whole; the entries behind it must not wait for it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _output.Unreadable(entry, exception);
        }
        finally
        {
            _inRemoteJoin = false;
        }
    }

    private void Handle(Entry entry)
    {
        var operation = entry.Operation;
        var found = _sockets.Resolve(operation.Target!);
        switch (operation.Kind)
        {
            case OperationKind.Emit:
                Emit(entry, found);
                break;
            case OperationKind.Request:
                _output.HandleRequest(entry, [.. found]);
                break;
            case OperationKind.SocketsJoin or OperationKind.SocketsLeave or OperationKind.DisconnectSockets:
                _inRemoteJoin = operation.Kind == OperationKind.SocketsJoin;
                using (BroadcastActivities.StartDeliver(Name, operation, entry.Number, found.Count))
                {
                    Handle(operation, found);
                }
                if (_away.Count > 0)
                {
                    Handle(operation, _away.Resolve(operation.Target!));
                }
                break;
            case OperationKind.Moved:
                HandleMoved(entry);
                break;
            case OperationKind.Acted:
                Granted(((SessionOnce)operation.Word!).Ids[0].Id);
                break;
            default:
                _output.Unreadable(entry, new InvalidDataException($"Operation {operation.Kind} is unknown to this server."));
                break;
        }
    }

    private void Handle(Operation operation, List<LocalSocket> found)
    {
        switch (operation.Kind)
        {
            case OperationKind.SocketsJoin:
                JoinAll(found, operation.Rooms);
                break;
            case OperationKind.SocketsLeave:
                LeaveAll(found, operation.Rooms);
                break;
            case OperationKind.DisconnectSockets:
                Disconnect(found, operation.Body.Length > 0 && operation.Body.Span[0] != 0);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "Not an operation that steers sockets.");
        }
    }

    private void Emit(Entry entry, List<LocalSocket> found)
    {
        Keep(entry, found.Count);
        if (found.Count == 0)
        {
            return;
        }
        Packet packet;
        try
        {
            packet = PacketCodec.Decode(entry.Operation.Body, entry.Operation.Target!.Flags);
        }
        catch (InvalidDataException exception)
        {
            _output.Unreadable(entry, exception);
            return;
        }
        using var activity = BroadcastActivities.StartDeliver(Name, packet, entry.Number, found.Count);
        Stamp(packet, found, entry.Number);
        _output.Delivered(Deliver(found, packet));
    }

    private int Deliver(List<LocalSocket> sockets, Packet packet)
    {
        foreach (var socket in sockets)
        {
            Guarded(socket, static (s, p) => s.Deliver(p!), packet);
            Touch(socket);
        }
        return sockets.Count;
    }

    /// <summary>The socket has been handed something: its turn is to be ended.</summary>
    public void Touch(LocalSocket socket)
    {
        if (!socket.IsTouched)
        {
            socket.IsTouched = true;
            _touched.Add(socket);
        }
    }

    private static void ForgetAcks(LocalSocket socket)
    {
        while (socket.PendingAcks is { Count: > 0 } acks)
        {
            acks[^1].End(null);
        }
    }

    private void Disconnect(List<LocalSocket> sockets, bool close)
    {
        foreach (var socket in sockets)
        {
            Disconnect(socket, _now);
            Close(socket, close ? DisconnectReason.ForcedServerClose : DisconnectReason.ServerNamespaceDisconnect);
        }
    }

    private void Close(LocalSocket socket, DisconnectReason reason) => Guarded(socket, (s, _) => s.Close(reason), null);

    /// <summary>A front that throws, which it must not, harms its own socket alone: the others still get the packet.</summary>
    private void Guarded(LocalSocket socket, Action<LocalSocket, Packet?> action, Packet? packet)
    {
        try
        {
            action(socket, packet);
        }
#pragma warning disable CA1031 // Whatever it is, it is made known, and the turn goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _output.SocketFailed(socket.Id, exception);
        }
    }
}
