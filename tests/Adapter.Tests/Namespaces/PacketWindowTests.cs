using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>PROTOCOL.md, S11: what a server can tell of what was for a socket, and when it has to say that it cannot.</summary>
public sealed class PacketWindowTests
{
    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly SocketId Id = SocketId.FromParts(Life, 1);
    private static readonly SocketId OtherId = SocketId.FromParts(Life, 2);
    private static readonly Room Red = Room.Named("red");
    private static readonly Room Blue = Room.Named("blue");

    private readonly LocalSockets _sockets = new();
    private readonly PacketWindow _window = new();
    private readonly TestSocket _socket = new(Id);

    public PacketWindowTests()
    {
        _sockets.Add(_socket);
        _sockets.Join(_socket, Red);
    }

    [Fact]
    public void It_tells_what_was_for_a_socket_by_the_rooms_that_it_was_in_then()
    {
        Add(1, Red);
        Add(2, Blue);
        Joined(Blue, 3);
        Add(4, Blue);
        Left(Blue, 4);
        Add(5, Blue);
        Add(6, Red);

        Assert.Equal([1, 4, 6], Numbers(_window.Take(_socket, 0, 0, long.MaxValue)));
        Assert.Equal([4], Numbers(_window.Take(_socket, 1, 1, upTo: 5)));
    }

    [Fact]
    public void What_goes_to_its_id_is_for_it_and_what_excepts_it_is_not()
    {
        var name = Room.Named(Id.ToString());
        Add(1, new BroadcastTarget([], [Id]));
        Add(2, new BroadcastTarget([name], []));
        Add(3, new BroadcastTarget([Red], [], [], [Id]));
        Add(4, new BroadcastTarget([Red], [], [name], []));
        Add(5, new BroadcastTarget([Blue], [], [Red], []));
        Add(6, new BroadcastTarget([], [OtherId]));

        Assert.Equal([1, 2], Numbers(_window.Take(_socket, 0, 0, long.MaxValue)));
    }

    [Fact]
    public void What_a_client_was_given_when_it_came_back_is_for_it_alone_and_in_its_place()
    {
        Add(4, Red); // was handled here before the claim, while the socket was elsewhere
        Add(11, Red);
        _window.Given(Id, Packet(4, BroadcastTarget.Of(Red)), 11, 0);
        _window.Given(Id, Packet(5, BroadcastTarget.Of(Red)), 11, 0);
        _window.Given(OtherId, Packet(6, BroadcastTarget.Of(Red)), 11, 0);

        Assert.Equal([4, 5, 11], Numbers(_window.Take(_socket, behind: 9, after: 3, long.MaxValue)));
        Assert.Equal([5, 11], Numbers(_window.Take(_socket, behind: 9, after: 4, long.MaxValue)));
        Assert.Equal([11], Numbers(_window.Take([11])));
        Assert.Null(_window.Take([5]));
    }

    [Fact]
    public void Where_something_behind_the_number_is_gone_it_cannot_tell()
    {
        Add(1, Red);
        Add(2, Red, now: 5);
        Add(3, Red, now: 10);

        _window.Trim(before: 5, long.MaxValue);
        Assert.Equal([2, 3], Numbers(_window.Take(_socket, 1, 1, long.MaxValue)));
        Assert.Null(_window.Take(_socket, 0, 0, long.MaxValue));

        _window.Trim(before: 0, bytes: _window.Bytes - 1);
        Assert.Equal([3], Numbers(_window.Take(_socket, 2, 2, long.MaxValue)));
        Assert.Null(_window.Take(_socket, 1, 1, long.MaxValue));
        Assert.Null(_window.Take([2, 3]));
        Assert.Equal([3], Numbers(_window.Take([3])));

        _window.Trim(before: 0, bytes: 0);
        Assert.Equal((0, 3), (_window.Bytes, _window.Forgotten));
    }

    [Fact]
    public void Very_many_come_and_go_and_what_is_kept_is_found()
    {
        for (var number = 1; number <= 1_000; number++)
        {
            Add(number, Red, now: number);
            _window.Trim(before: number - 9, long.MaxValue);
        }

        Assert.Equal(Enumerable.Range(991, 10).Select(n => (long)n), Numbers(_window.Take(_socket, 990, 990, long.MaxValue)));
        Assert.Equal([995, 1_000], Numbers(_window.Take([995, 1_000])));
    }

    /// <summary>Clients may have named them.</summary>
    [Fact]
    public void The_names_of_rooms_that_are_joined_and_left_count()
    {
        _window.Changed(Id, Red, joined: true, 1, 0);
        var small = _window.Bytes;

        _window.Changed(Id, Room.Named(new string('r', 1000)), joined: true, 2, 0);

        Assert.Equal((2 * small) + (2 * (1000 - Red.Name.Length)), _window.Bytes);
    }

    private static IEnumerable<long> Numbers(List<Entry>? entries) => entries!.Select(entry => entry.Number);

    private static Entry Packet(long number, BroadcastTarget target) =>
        new(number, Life, number, number, Operation.Emit(target, PacketCodec.Encode("said", "[]"u8, [], [])));

    private void Add(long number, Room room, long now = 0) => Add(number, BroadcastTarget.Of(room), now);

    private void Add(long number, BroadcastTarget target, long now = 0) => _window.Add(Packet(number, target), now);

    private void Joined(Room room, long number)
    {
        _sockets.Join(_socket, room);
        _window.Changed(Id, room, joined: true, number, 0);
    }

    private void Left(Room room, long number)
    {
        _sockets.Leave(_socket, room);
        _window.Changed(Id, room, joined: false, number, 0);
    }
}
