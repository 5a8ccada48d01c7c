using System.Text;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>What a namespace does on one server besides the protocol; the protocol itself is tested with the replica and in the simulation.</summary>
public sealed class NamespaceStateTests : INamespaceOutput
{
    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);
    private const int MaxRooms = 20;
    private static readonly Room Red = Room.Named("red");

    private readonly List<WorkerMessage> _sent = [];
    private readonly List<string> _news = [];
    private readonly NamespaceState _state;

    public NamespaceStateTests()
    {
        _state = new NamespaceState(new ReplicaOptions(), this, Life, MaxRooms);
        _state.Start(0);
        _state.Receive(new WrongEpoch { Life = Life, Epoch = 1 }, 0);
        _state.Receive(
            new Registered { Life = Life, Epoch = 1, Session = 1, From = 0, LastPosition = 0, Results = [], Head = new Head(0, 0, 0, 1, [Life, Other]) }, 0);
    }

    [Fact]
    public void A_connect_tells_the_home_of_the_namespace_and_the_user()
    {
        var waiter = Connect(new TestSocket(SocketId.FromParts(Life, 1)) { UserId = "ann" });
        _state.EndTurn(0);

        var submit = Assert.Single(_sent.OfType<Submit>());
        Assert.Equal([Room.Everyone, Room.OfUser("ann")], submit.Operations.Select(operation => operation.Rooms[0]));
        Assert.False(waiter.IsCompleted);
        Accept(submit);
        Assert.True(waiter.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_socket_with_the_id_of_an_ended_life_is_not_taken_in()
    {
        var waiter = Connect(new TestSocket(SocketId.FromParts(Life.NextIncarnation(), 1)));

        Assert.IsType<OperationException>(waiter.Exception!.InnerException);
        Assert.Equal(0, _state.Sockets.Count);
    }

    [Fact]
    public void A_room_cannot_have_the_name_of_a_socket_of_a_registered_server()
    {
        var socket = Connected(1);

        Assert.IsType<ArgumentException>(Join(socket, Room.Named(SocketId.FromParts(Other, 5).ToString())).Exception!.InnerException);
        Assert.False(Join(socket, Room.Named(SocketId.FromParts(ServerId.FromBits(0x9001), 5).ToString())).IsFaulted);
        Assert.False(Join(socket, Room.OfUser(SocketId.FromParts(Other, 5).ToString())).IsFaulted);
    }

    [Fact]
    public void A_socket_that_has_gone_joins_nothing()
    {
        var socket = Connected(1);
        _state.Disconnect(socket, 0);

        _ = Join(socket, Red);
        _state.Disconnect(socket, 0);

        Assert.False(_state.Sockets.HasMembers(Red));
        Assert.Equal(0, socket.Memberships.Count);
    }

    [Fact]
    public void A_socket_that_throws_harms_no_other_one()
    {
        var bad = new TestSocket(SocketId.FromParts(Life, 1)) { Throws = true };
        _ = Connect(bad);
        var good = Connected(2);

        _state.DeliverLocally(BroadcastTarget.All, PacketCodec.Decode(Emit("said", BroadcastTarget.All).Body, BroadcastFlags.None));

        Assert.Equal(["said"], good.Events);
        Assert.Equal([$"failed {bad.Id}"], _news.Where(news => news.StartsWith("failed", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_packet_is_handed_to_each_target_and_its_turn_is_ended_once()
    {
        var (a, b) = (Connected(1), Connected(2));
        _ = Join(a, Red);

        Handle(Emit("one", BroadcastTarget.All), Emit("two", BroadcastTarget.Of(Red)));
        Assert.Equal(["one", "two"], a.Events);
        _state.EndTurn(0);
        _state.EndTurn(0);

        Assert.Equal(["one", "two", "turn ended"], a.Events);
        Assert.Equal(["one", "turn ended"], b.Events);
    }

    [Fact]
    public void An_entry_that_cannot_be_read_is_left_out_and_the_next_one_is_not()
    {
        var socket = Connected(1);

        Handle(Operation.Emit(BroadcastTarget.All, new byte[] { 99, 1, 2 }), Emit("next", BroadcastTarget.All));

        Assert.Equal(["unreadable 1"], _news);
        Assert.Equal(["next"], socket.Events);
        Assert.Equal(2, _state.Replica.Handled);
    }

    [Fact]
    public void A_request_that_cannot_be_read_does_not_stop_what_comes_behind_it()
    {
        var socket = Connected(1);

        Handle(Operation.Request(BroadcastTarget.All, new byte[3]), Emit("next", BroadcastTarget.All));

        Assert.Equal(["unreadable 1"], _news);
        Assert.Equal(["next"], socket.Events);
        Assert.Equal(2, _state.Replica.Handled);
    }

    [Fact]
    public void Remote_operations_steer_local_sockets()
    {
        var (a, b) = (Connected(1), Connected(2));

        Handle(Operation.SocketsJoin(BroadcastTarget.Socket(a.Id), [Red]));
        Assert.True(_state.Sockets.HasMembers(Red));
        Handle(Operation.SocketsLeave(BroadcastTarget.All, [Red]));
        Assert.False(_state.Sockets.HasMembers(Red));
        Handle(
            Operation.DisconnectSockets(BroadcastTarget.Socket(a.Id), new byte[] { 1 }),
            Operation.DisconnectSockets(BroadcastTarget.Socket(b.Id), new byte[] { 0 }));

        Assert.Equal(["ForcedServerClose"], a.Events);
        Assert.Equal(["ServerNamespaceDisconnect"], b.Events);
        Assert.Equal(0, _state.Sockets.Count);
    }

    [Fact]
    public void Joining_more_rooms_than_a_socket_may_be_in_is_an_error_and_leaving_makes_room()
    {
        var socket = Connected(1);
        var rooms = Enumerable.Range(0, MaxRooms).Select(i => Room.Named($"r{i}")).ToArray();
        Assert.All(rooms, room => Assert.False(Join(socket, room).IsFaulted));

        var error = Assert.IsType<TooManyRoomsException>(Join(socket, Red).Exception!.InnerException);
        Assert.Equal(socket.Id, error.Socket);
        Assert.Contains("MaxRoomsPerSocket", error.Message, StringComparison.Ordinal);
        Assert.False(_state.Sockets.HasMembers(Red));
        Assert.False(Join(socket, rooms[3]).IsFaulted);

        _state.Leave(socket, rooms[0], null, 0);
        Assert.False(Join(socket, Red).IsFaulted);
        Assert.True(_state.Sockets.HasMembers(Red));
    }

    [Fact]
    public void A_socket_that_is_in_too_many_rooms_is_left_out_when_many_are_made_to_join_and_the_others_are_not()
    {
        var (full, other) = (Connected(1), Connected(2));
        for (var i = 0; i < MaxRooms; i++)
        {
            _ = Join(full, Room.Named($"r{i}"));
        }

        Handle(Operation.SocketsJoin(BroadcastTarget.All, [Red]));

        Assert.False(_state.Sockets.IsIn(full, Red));
        Assert.True(_state.Sockets.IsIn(other, Red));
        Assert.Equal([$"refused 1 as {full.Id}"], _news);
    }

    [Fact]
    public void A_fence_closes_all_sockets_and_forgets_their_rooms()
    {
        var (a, b) = (Connected(1), Connected(2));
        _ = Join(a, Red);
        _sent.Clear();

        _state.Receive(new Fenced { Life = Life, Epoch = 1 }, 0);
        _state.Disconnect(a, 0);
        _state.EndTurn(0);

        Assert.Equal(["ServerFenced"], a.Events);
        Assert.Equal(["ServerFenced"], b.Events);
        Assert.Equal(0, _state.Sockets.Count);
        Assert.Empty(_state.Sockets.Rooms);
        Assert.Equal([$"now {Life.NextIncarnation()}", $"fenced {Life} with 2"], _news);
        Assert.All(_sent, message => Assert.IsType<Register>(message));
    }

    [Fact]
    public void Who_is_closed_by_a_fence_and_is_back_at_once_gets_an_id_of_the_new_life()
    {
        var known = new List<string[]>();
        _ = Connect(new TestSocket(SocketId.FromParts(Life, 1)) { Closed = () => known.Add([.. _news]) });
        _ = Connect(new TestSocket(SocketId.FromParts(Life, 2)) { Closed = () => known.Add([.. _news]) });

        _state.Receive(new Fenced { Life = Life, Epoch = 1 }, 0);

        string[] next = [$"now {Life.NextIncarnation()}"];
        Assert.Equal([next, next], known);
    }

    [Fact]
    public void A_socket_that_another_server_holds_by_a_later_claim_is_let_go_and_the_home_hears_of_its_rooms()
    {
        var (gone, stays) = (Connected(1), Connected(2));
        _ = Join(gone, Red);
        _state.Receive(new WrongEpoch { Life = Life, Epoch = 2 }, 0);
        var taken = new[] { new MovedSocket(gone.Id, 24), new MovedSocket(SocketId.FromParts(Life, 9), 25) };

        _state.Receive(
            new Registered
            {
                Life = Life,
                Epoch = 2,
                Session = 2,
                From = 0,
                LastPosition = 0,
                Results = [],
                Taken = taken,
                Head = new Head(0, 0, 0, 1, [Life, Other])
            },
            0);
        _state.EndTurn(0);

        Assert.Equal(["SessionMoved"], gone.Events);
        Assert.Same(stays, Assert.Single(_state.Sockets.All));
        Assert.Equal(OperationKind.Leave, Assert.Single(_sent.OfType<Submit>()).Operations.Last(operation => operation.Rooms[0] == Red).Kind);
    }

    void INamespaceOutput.Send(WorkerMessage message) => _sent.Add(message);

    void INamespaceOutput.HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets) => RequestHeader.Read(entry.Operation.Body);

    void INamespaceOutput.ListChanged(IReadOnlyList<ServerId> list)
    {
    }

    void INamespaceOutput.LifeChanged(ServerId life) => _news.Add($"now {life}");

    void INamespaceOutput.Fenced(ServerId ended, int sockets) => _news.Add($"fenced {ended} with {sockets}");

    void INamespaceOutput.JoinsRefused(int sockets, SocketId example) => _news.Add($"refused {sockets} as {example}");

    void INamespaceOutput.SocketFailed(SocketId socket, Exception exception) => _news.Add($"failed {socket}");

    void INamespaceOutput.Unreadable(Entry entry, Exception exception) => _news.Add($"unreadable {entry.Number}");

    private static Operation Emit(string @event, BroadcastTarget target) =>
        Operation.Emit(target, PacketCodec.Encode(@event, Encoding.UTF8.GetBytes("[]"), [], []));

    private TestSocket Connected(ulong number)
    {
        var socket = new TestSocket(SocketId.FromParts(Life, number));
        _ = Connect(socket);
        return socket;
    }

    private Task Connect(LocalSocket socket)
    {
        var waiter = new TaskCompletionSource();
        _state.Connect(socket, waiter, 0);
        return waiter.Task;
    }

    private Task Join(LocalSocket socket, Room room)
    {
        var waiter = new TaskCompletionSource();
        _state.Join(socket, room, waiter, 0);
        return waiter.Task;
    }

    private void Handle(params Operation[] operations)
    {
        var handled = _state.Replica.Handled;
        var entries = operations.Select((operation, i) => new Entry(handled + 1 + i, Other, handled + 1 + i, 1, operation)).ToArray();
        var last = handled + entries.Length;
        _state.Receive(new Push { Life = Life, Epoch = 1, Session = 1, Previous = handled, Entries = entries, Head = new Head(0, last, last, 1, null) }, 0);
    }

    private void Accept(Submit submit) => _state.Receive(
        new Accepted
        {
            Life = Life,
            Epoch = 1,
            Session = 1,
            First = submit.First,
            FirstNumber = 1,
            Count = submit.Operations.Count,
            Targets = [],
            Head = new Head(0, submit.Operations.Count, 0, 1, null),
        },
        0);
}
