using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>PROTOCOL.md, S10 and S11: a socket whose client is away stays with its server, which tells the next home of it.</summary>
public sealed class AwayTests : INamespaceOutput
{
    private const long KeepEntries = 2_000;

    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);
    private static readonly SocketId Id = SocketId.FromParts(Life, 7);
    private static readonly Room Red = Room.Named("red");
    private static readonly Room Blue = Room.Named("blue");

    private readonly List<WorkerMessage> _sent = [];
    private readonly List<EndedSession> _ended = [];
    private readonly NamespaceState _state;
    private readonly TestSocket _socket = new(Id) { Session = new SocketSession(new SecretHash(1, 2)) };
    private long _now;
    private long _epoch;
    private long _number;
    private long _first = 1;

    public AwayTests()
    {
        _state = new NamespaceState(new ReplicaOptions(), this, Life);
        _state.UseRecovery(new RecoverySettings(1_000, KeepEntries, WindowBytes: 1 << 20, MaximumMissed: 3), 0);
        _state.Start(0);
        Register();
        _state.Connect(_socket, new TaskCompletionSource(), 0);
        _state.Join(_socket, Red, new TaskCompletionSource(), 0);
        Settle();
    }

    [Fact]
    public void It_is_in_its_rooms_still_and_nobody_sees_it()
    {
        Break();

        Assert.Empty(_state.Sockets.All);
        Assert.Equal(Id, Assert.Single(_state.Away).Id);
        Assert.Equal([new SessionAway(Id, 0, default) { IsKept = true }], Settle().Select(operation => operation.Word)); // and no word that rooms are left
        Push(Emit(Red));
        Assert.Empty(_socket.Events);
    }

    [Fact]
    public void The_next_home_is_told_of_it_with_its_rooms_and_since_when_nothing_is_known_to_be_nothing()
    {
        Break();
        Push(Emit(Blue));
        Push(Operation.SocketsJoin(BroadcastTarget.Socket(Id), [Blue]));
        Pass(500);
        Settle();

        Register();
        var quiet = Settle().Select(operation => operation.Word).OfType<SessionOpened>().Single();
        Assert.Equal((new SessionAbsence(500, _number), true, false), (quiet.Absence!.Value, quiet.IsAgain, quiet.IsUnproved));
        Assert.Equal([Room.Everyone, Red, Blue], quiet.Rooms);

        var missed = Push(Emit(Blue));
        Push(Emit(Blue));
        Register();
        Assert.Equal(missed - 1, Settle().Select(operation => operation.Word).OfType<SessionOpened>().Single().Absence!.Value.KnownAt);
    }

    [Fact]
    public void What_it_missed_and_what_was_handed_to_its_connection_before_is_told_to_who_asks()
    {
        var handed = Push(Emit(Red));
        Break();
        var (red, _, direct) = (Push(Emit(Red)), Push(Emit(Blue)), Push(Emit(new BroadcastTarget([], [Id]))));
        Push(Emit(new BroadcastTarget([Red], [], flags: BroadcastFlags.Volatile)));

        Assert.Equal([red, direct], Told(after: handed));
        Assert.Equal([handed, red, direct], Told(after: 0));
        Assert.Equal([red], Told(after: handed, upTo: red));
    }

    [Fact]
    public void Who_missed_more_than_one_client_is_given_is_refused_and_so_is_who_missed_what_is_not_kept_any_more()
    {
        Break();
        var missed = Push(Emit(Red));
        for (var i = 0; i < 3; i++)
        {
            Push(Emit(Red));
        }
        Assert.Equal(ClaimRefusal.TooMuchMissed, Asked(0).Refusal);
        Pass(KeepEntries / 2);
        Assert.Equal(3, Told(missed).Count);

        Pass(KeepEntries); // gone, and left to the home

        Assert.Empty(_state.Away);
        Assert.Contains(new SessionAway(Id, 0, OrderOffset.Unknown), Settle().Select(operation => operation.Word));
    }

    /// <summary>Who missed what takes a quarter of the window's bytes at most, however many are away.</summary>
    [Fact]
    public void What_is_kept_is_counted_and_bounded_and_where_too_many_missed_too_much_the_window_is_searched()
    {
        const int others = 100, packets = 600;
        _state.UseRecovery(new RecoverySettings(1_000, KeepEntries, WindowBytes: 1 << 20, MaximumMissed: 10_000), 0);
        for (var i = 0; i < others; i++)
        {
            var socket = new TestSocket(SocketId.FromParts(Life, 100 + (ulong)i)) { Session = new SocketSession(new SecretHash(i, 3)) };
            _state.Connect(socket, new TaskCompletionSource(), 0);
            _state.Join(socket, Red, new TaskCompletionSource(), 0);
            Settle();
            _state.Disconnect(socket, 0, mayComeBack: true);
        }
        Break();
        var before = _state.Kept!.Value;
        Assert.Equal(others + 1, before.Away);

        var missed = Enumerable.Range(0, packets).Select(_ => Push(Emit(Red))).ToArray();

        var each = Emit(Red).Size + 96;
        Assert.InRange(_state.Kept!.Value.Bytes - before.Bytes, packets * each, (packets * each) + (1 << 18) + sizeof(long));
        Assert.Equal(missed, Told(after: 0));
    }

    [Fact]
    public void When_nobody_is_away_any_more_nothing_is_noted()
    {
        Break();
        Push(Emit(Red));
        var noted = _state.Kept!.Value;
        Push(Operation.DisconnectSockets(BroadcastTarget.Of(Red), default));

        Assert.Equal((0L, noted.Bytes - sizeof(long)), _state.Kept!.Value);
    }

    [Fact]
    public void A_connected_one_is_told_of_as_well_and_what_is_gone_is_not_made_up()
    {
        var (first, second) = (Push(Emit(Red)), Push(Emit(Red)));
        Assert.Equal([second], Told(first));

        Pass(KeepEntries + 1);

        Assert.Equal(ClaimRefusal.WindowPassed, Asked(first).Refusal);
        Assert.Empty(Told(second));
    }

    [Theory]
    [InlineData("moved")]
    [InlineData("ended")]
    [InlineData("disconnected")]
    public void It_goes_when_its_client_is_elsewhere_or_its_session_has_ended(string how)
    {
        Break();
        Settle();
        switch (how)
        {
            case "moved":
                Push(Operation.Moved(BroadcastTarget.All, new SessionMoved(Id, [Room.Everyone, Red], default)));
                break;
            case "ended":
                var ended = new EndedSession(Id, "", default, SessionEnd.Expired);
                Receive(new Renewed { Life = Life, Epoch = _epoch, Session = _epoch, Head = Head(), EndedUpTo = 1, Ended = [ended] });
                Assert.Equal([ended], _ended);
                break;
            default:
                Push(Operation.DisconnectSockets(BroadcastTarget.Of(Red), default));
                break;
        }

        Assert.Empty(_state.Away);
        var said = Settle();
        var left = said.Where(operation => operation.Kind == OperationKind.Leave).Select(operation => operation.Rooms[0]);
        Assert.Equal([Room.Everyone, Red], left.Order(ByName));
        Assert.Equal(how == "disconnected", said.Any(operation => operation.Word is SessionEnded));
    }

    [Fact]
    public void What_was_held_before_a_life_was_lost_that_may_have_had_it_is_told_as_unproved_from_then_on()
    {
        Push(Emit(Red));
        Break();
        Settle();
        Register(unprovedUpTo: _number);
        Assert.True(Settle().Select(operation => operation.Word).OfType<SessionOpened>().Single().IsUnproved);

        Register();

        Assert.True(Settle().Select(operation => operation.Word).OfType<SessionOpened>().Single().IsUnproved);
    }

    void INamespaceOutput.Send(WorkerMessage message) => _sent.Add(message);

    void INamespaceOutput.HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets)
    {
    }

    void INamespaceOutput.ListChanged(IReadOnlyList<ServerId> list)
    {
    }

    void INamespaceOutput.Fenced(ServerId ended, int sockets)
    {
    }

    void INamespaceOutput.SessionsEnded(IReadOnlyList<EndedSession> sessions) => _ended.AddRange(sessions);

    void INamespaceOutput.Unreadable(Entry entry, Exception exception) => throw exception;

    void INamespaceOutput.SocketFailed(SocketId socket, Exception exception) => throw exception;

    private static Comparer<Room> ByName { get; } = Comparer<Room>.Create((one, other) => string.CompareOrdinal(one.Name, other.Name));

    private static Operation Emit(Room room) => Emit(BroadcastTarget.Of(room));

    private static Operation Emit(BroadcastTarget target) => Operation.Emit(target, PacketCodec.Encode("said", "[]"u8, [], []));

    private void Pass(long milliseconds)
    {
        _now += milliseconds;
        _state.Tick(_now);
    }

    private void Break() => _state.Disconnect(_socket, 0, mayComeBack: true);

    private Head Head() => new(_number, _number, _number, 1, [Life, Other]);

    private void Receive(HomeMessage message) => _state.Receive(message, _now);

    /// <summary>The home says something; returns its number.</summary>
    private long Push(Operation operation)
    {
        var previous = _number++;
        Receive(new Push
        {
            Life = Life,
            Epoch = _epoch,
            Session = _epoch,
            Previous = previous,
            Entries = [new Entry(_number, Other, _number, _number, operation)],
            Head = Head(),
        });
        return _number;
    }

    /// <summary>A home admits the life, and knows of all that it has said so far.</summary>
    private void Register(long unprovedUpTo = 0)
    {
        _epoch++;
        Receive(new WrongEpoch { Life = Life, Epoch = _epoch });
        Receive(new Registered
        {
            Life = Life,
            Epoch = _epoch,
            Session = _epoch,
            From = _number,
            LastPosition = _first - 1,
            Results = [],
            KeepsSessions = true,
            UnprovedUpTo = unprovedUpTo,
            Head = Head(),
        });
    }

    /// <summary>The home takes what the server says; returns that.</summary>
    private List<Operation> Settle()
    {
        List<Operation> said = [];
        while (true)
        {
            _state.EndTurn(_now);
            if (_sent.OfType<Submit>().LastOrDefault() is not { } submit || submit.First != _first)
            {
                return said;
            }
            said.AddRange(submit.Operations);
            _first += submit.Operations.Count;
            Receive(new Accepted
            {
                Life = Life,
                Epoch = _epoch,
                Session = _epoch,
                First = submit.First,
                FirstNumber = _number + 1,
                Count = submit.Operations.Count,
                Targets = [],
                Head = Head(),
            });
        }
    }

    private SessionEarlier Asked(long after, long upTo = long.MaxValue)
    {
        Settle();
        Receive(new Recall { Life = Life, Epoch = _epoch, Session = _epoch, Head = Head(), Socket = Id, Claim = 0, After = after, UpTo = upTo });
        return Settle().Select(operation => operation.Word).OfType<SessionEarlier>().Single();
    }

    private List<long> Told(long after, long upTo = long.MaxValue)
    {
        var told = Asked(after, upTo);
        Assert.Equal(ClaimRefusal.None, told.Refusal);
        return [.. told.Entries.Select(entry => entry.Number)];
    }
}
