using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests.Namespaces;

public sealed class LocalSocketsTests
{
    private static readonly ServerId Server = ServerId.FromBits(0x1001);
    private static readonly Room Red = Room.Named("red");
    private static readonly Room Blue = Room.Named("blue");

    private readonly LocalSockets _sockets = new();
    private ulong _last;

    [Fact]
    public void Joining_and_leaving_tell_whether_the_room_changed_hands()
    {
        var (a, b) = (Add(), Add());

        Assert.True(_sockets.Join(a, Red));
        Assert.False(_sockets.Join(a, Red));
        Assert.False(_sockets.Join(b, Red));
        Assert.True(_sockets.HasMembers(Red));
        Assert.False(_sockets.Leave(a, Red));
        Assert.False(_sockets.Leave(a, Red));
        Assert.True(_sockets.Leave(b, Red));
        Assert.False(_sockets.HasMembers(Red));
        Assert.False(_sockets.Leave(b, Blue));
        Assert.Empty(_sockets.Rooms);
    }

    [Fact]
    public void Leaving_all_rooms_tells_which_ones_are_empty_now()
    {
        var (a, b) = (Add(Red, Blue, Room.Everyone), Add(Blue));

        Assert.Equal([Room.Everyone, Red], _sockets.LeaveAll(a).OrderBy(room => room.Name));
        Assert.Equal([Blue], _sockets.Rooms);
        Assert.Equal([b], Resolve(BroadcastTarget.Of(Blue)));
    }

    [Fact]
    public void A_target_of_several_rooms_and_sockets_means_each_socket_once()
    {
        var (a, b, c) = (Add(Red, Blue), Add(Blue), Add());

        var found = Resolve(new BroadcastTarget([Red, Blue], [a.Id, c.Id, c.Id]));

        Assert.Equal([a, b, c], found.OrderBy(socket => Array.IndexOf([a, b, c], socket)));
    }

    [Fact]
    public void Excepted_rooms_and_sockets_are_left_out()
    {
        var (a, b, c, d) = (Add(Room.Everyone, Red), Add(Room.Everyone, Blue), Add(Room.Everyone), Add(Room.Everyone));

        Assert.Equal([d], Resolve(new BroadcastTarget([Room.Everyone], [a.Id], [Red, Blue], [c.Id])));
        Assert.Equal([b, c, d], Resolve(new BroadcastTarget([Room.Everyone], [], [Room.Named(a.Id.ToString())])));
        Assert.Empty(Resolve(new BroadcastTarget([Room.Everyone], [], [Room.Everyone])));
    }

    [Fact]
    public void A_room_name_that_is_the_id_of_a_socket_here_means_that_socket()
    {
        var (a, b) = (Add(Red), Add(Red));
        var name = Room.Named(a.Id.ToString());

        Assert.Equal([a], Resolve(BroadcastTarget.Of(name)));
        Assert.Equal([a], Resolve(new BroadcastTarget([name], [a.Id])));
        Assert.Empty(Resolve(BroadcastTarget.Of(Room.OfUser(a.Id.ToString()))));
        var elsewhere = Room.Named(SocketId.FromParts(ServerId.FromBits(0x2001), 1).ToString());
        _sockets.Join(b, elsewhere);
        Assert.Equal([b], Resolve(BroadcastTarget.Of(elsewhere)));
    }

    [Fact]
    public void Unknown_rooms_and_sockets_mean_nobody()
    {
        Add(Red);

        Assert.Empty(Resolve(new BroadcastTarget([Blue], [SocketId.FromParts(Server, 999)], [Room.Named("none")], [SocketId.FromParts(Server, 998)])));
        Assert.Null(_sockets.Find(SocketId.FromParts(Server, 999)));
    }

    [Fact]
    public void Clearing_leaves_nothing_behind()
    {
        var a = Add(Red, Blue);

        _sockets.Clear();

        Assert.False(a.IsConnected);
        Assert.Equal(0, a.Memberships.Count);
        Assert.Empty(_sockets.Rooms);
        Assert.Equal(0, _sockets.Count);
        Assert.False(_sockets.Leave(a, Red));
    }

    [Fact]
    public void Any_order_of_joins_and_leaves_agrees_with_plain_sets()
    {
        var random = new Random(7);
        var sockets = Enumerable.Range(0, 12).Select(_ => Add()).ToArray();
        var rooms = Enumerable.Range(0, 2 * SocketRoomList.Few).Select(i => Room.Named($"r{i}")).ToArray();
        var plain = rooms.ToDictionary(room => room, _ => new HashSet<LocalSocket>());
        for (var i = 0; i < 20_000; i++)
        {
            var (socket, room) = (sockets[random.Next(sockets.Length)], rooms[random.Next(rooms.Length)]);
            switch (random.Next(20))
            {
                case 0:
                    _sockets.LeaveAll(socket);
                    Array.ForEach(rooms, r => plain[r].Remove(socket));
                    break;
                case < 11:
                    Assert.Equal(plain[room].Count == 0, _sockets.Join(socket, room));
                    plain[room].Add(socket);
                    break;
                default:
                    Assert.Equal(plain[room].Remove(socket) && plain[room].Count == 0, _sockets.Leave(socket, room));
                    break;
            }
            var (first, second, except) = (rooms[random.Next(rooms.Length)], rooms[random.Next(rooms.Length)], rooms[random.Next(rooms.Length)]);
            var expected = plain[first].Union(plain[second]).Except(plain[except]).ToHashSet();
            var found = _sockets.Resolve(new BroadcastTarget([first, second], [], [except]));
            Assert.Equal(expected.Count, found.Count);
            Assert.True(expected.SetEquals(found));
        }
    }

    [Fact]
    public void A_socket_in_ten_thousand_rooms_leaves_them_all_in_a_step_each()
    {
        const int Count = 10_000;
        var rooms = Enumerable.Range(0, Count).Select(i => Room.Named($"r{i}")).ToArray();
        var (socket, other) = (Add(rooms), Add(rooms));
        Assert.InRange(_sockets.Steps, 0, 4 * Count);
        var before = _sockets.Steps;

        Assert.Empty(_sockets.LeaveAll(socket));

        Assert.Equal(Count, _sockets.Steps - before);
        Assert.Equal(Count, other.Memberships.Count);
    }

    [Fact]
    public void Joining_and_leaving_a_room_of_a_hundred_thousand_takes_a_socket_in_many_rooms_a_few_steps()
    {
        const int Count = 100_000;
        for (var i = 0; i < Count; i++)
        {
            Add(Red);
        }
        var socket = Add([.. Enumerable.Range(0, 10_000).Select(i => Room.Named($"r{i}"))]);
        var before = _sockets.Steps;

        for (var i = 0; i < 100; i++)
        {
            Assert.False(_sockets.Leave(socket, Red));
            _sockets.Join(socket, Red);
            _sockets.Join(socket, Red);
            _sockets.Leave(socket, Red);
        }

        Assert.InRange(_sockets.Steps - before, 100, 1_000);
    }

    [Fact]
    public void A_broadcast_to_a_few_costs_no_more_where_a_room_of_a_hundred_thousand_is_excepted()
    {
        const int Count = 100_000;
        for (var i = 0; i < Count; i++)
        {
            Add(Red);
        }
        var (a, b, c) = (Add(Blue), Add(Blue, Red), Add());
        var many = Add([Blue, .. Enumerable.Range(0, 100).Select(i => Room.Named($"r{i}"))]);
        var before = _sockets.Steps;

        Assert.Equal([a, many, c], Resolve(new BroadcastTarget([Blue], [c.Id, b.Id], [Red, Room.Named("none"), Room.Named("r7x")])).OrderBy(s => s == c));
        Assert.Equal([a], Resolve(new BroadcastTarget([Blue], [], [Red, Room.Named("r7")])));
        Assert.Equal([many], Resolve(new BroadcastTarget([Blue], [], [Red, Room.Named(a.Id.ToString())])));
        Assert.Empty(Resolve(new BroadcastTarget([Room.Named("none")], [], [Red])));

        Assert.InRange(_sockets.Steps - before, 1, 200);
    }

    [Fact]
    public void A_hundred_thousand_sockets_cost_no_more_per_step_than_one()
    {
        const int Count = 100_000;
        var sockets = Enumerable.Range(0, Count).Select(i => Add(Room.Everyone, Room.Named($"r{i % 1000}"))).ToArray();
        Assert.Equal(Count, Resolve(BroadcastTarget.All).Count);
        Assert.Equal(100, Resolve(BroadcastTarget.Of(Room.Named("r7"))).Count);
        Assert.Equal(Count - 100, Resolve(new BroadcastTarget([Room.Everyone], [], [Room.Named("r7")])).Count);

        // Quadratic work would take minutes here.
        foreach (var socket in sockets)
        {
            _sockets.LeaveAll(socket);
            _sockets.Remove(socket);
        }
        Assert.Equal(0, _sockets.Count);
        Assert.Empty(_sockets.Rooms);
    }

    private TestSocket Add(params Room[] rooms)
    {
        var socket = new TestSocket(SocketId.FromParts(Server, ++_last));
        _sockets.Add(socket);
        foreach (var room in rooms)
        {
            _sockets.Join(socket, room);
        }
        return socket;
    }

    private List<LocalSocket> Resolve(BroadcastTarget target) => [.. _sockets.Resolve(target)];
}
