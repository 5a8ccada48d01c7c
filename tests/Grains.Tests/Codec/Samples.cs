namespace OrleansAdapter.Grains.Tests.Codec;

/// <summary>Messages of every type with every field filled by chance, from a seed: small and odd values more often than even chance would have them.</summary>
internal sealed class Samples(int seed)
{
    private static readonly string[] Texts = ["", "a", "chat", "Straße", "房间", "🙂", "with space", new string('x', 1024), "\0", "\uFEFFbom"];

    private readonly Random _random = new(seed);

    public static IEnumerable<object> All(int seed)
    {
        var samples = new Samples(seed);
        foreach (var message in samples.WorkerMessages())
        {
            yield return message;
        }
        foreach (var message in samples.HomeMessages())
        {
            yield return message;
        }
        foreach (var message in samples.ServerMessages())
        {
            yield return message;
        }
    }

    public IEnumerable<WorkerMessage> WorkerMessages()
    {
        yield return new Register
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            ListVersion = Number(),
            Replaces = Server(),
            Lease = Number(),
            Recovery = Recovery(),
            Machine = Coin() ? "10.0.0.1" : null,
        };
        yield return new Register { Life = Server(), Epoch = Number(), Session = Number(), ListVersion = Number(), History = History(), Machine = "m" };
        yield return new Submit
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            ListVersion = Number(),
            First = Number(),
            Operations = Many(Operation)
        };
        yield return new Acknowledge { Life = Server(), Epoch = Number(), Session = Number(), ListVersion = Number(), Handled = Number() };
        yield return new ReadAfter { Life = Server(), Epoch = Number(), Session = Number(), ListVersion = Number(), Handled = Number() };
        yield return new Renew
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            ListVersion = Number(),
            Handled = Number(),
            Position = Number(),
            EndedUpTo = Number(),
        };
    }

    public IEnumerable<HomeMessage> HomeMessages()
    {
        yield return new WrongEpoch { Life = Server(), Epoch = Number() };
        yield return new Fenced { Life = Server(), Epoch = Number() };
        yield return new Renewed
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            Head = Head(),
            EndedUpTo = Number(),
            Ended = Many(() => new EndedSession(Socket(), Text(), Bytes(), (SessionEnd)_random.Next(7))),
            Doubt = Number(),
        };
        yield return new Push { Life = Server(), Epoch = Number(), Session = Number(), Head = Head(), Previous = Number(), Entries = Many(Entry) };
        yield return new Accepted
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            Head = Head(),
            First = Number(),
            FirstNumber = Number(),
            Count = _random.Next(2000),
            Targets = Many(() => new RequestTargets(Number(), Many(Server))),
            Claims = Many(() => new ClaimAnswer(Number(), (ClaimRefusal)_random.Next(11), Coin() ? Moved() : null, Many(Entry))),
        };
        yield return new Registered
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            Head = Head(),
            LastPosition = Number(),
            From = Number(),
            Results = Many(() => new OperationResult(Number(), Number(), Number(), (OperationOutcome)_random.Next(1, 4), Coin() ? Many(Server) : null)),
            KeepsSessions = Coin(),
            Taken = Many(() => new MovedSocket(Socket(), Number())),
            Doubt = Number(),
            Unheard = Number(),
            Past = Many(() => new PastEpoch(Number(), Number())),
            UnprovedUpTo = Number(),
            Removed = Number(),
        };
        yield return new Recall
        {
            Life = Server(),
            Epoch = Number(),
            Session = Number(),
            Head = Head(),
            Socket = Socket(),
            Claim = Number(),
            After = Number(),
            UpTo = Number(),
        };
    }

    public IEnumerable<ServerMessage> ServerMessages()
    {
        yield return new Describe(Description(), Number(), Number(), Number());
        yield return Answer();
        yield return new Answers(Number(), Number(), Many(Answer));
        yield return new AcknowledgeAnswers(Server(), Number(), Number());
    }

    public Operation Operation() => _random.Next(10) switch
    {
        0 => Protocol.Operation.Request(Target(), Bytes()).WithTrace(Text()),
        1 => Protocol.Operation.SocketsJoin(Target(), Many(Room)).WithTrace(Text()),
        2 => Protocol.Operation.SocketsLeave(Target(), Many(Room)),
        3 => Protocol.Operation.DisconnectSockets(Target(), Bytes()),
        4 => Protocol.Operation.Own(Room(), member: true, Number()),
        5 => Protocol.Operation.Own(Room(), member: false, Number()),
        6 => Protocol.Operation.Session(Word(), Number()),
        7 => Protocol.Operation.Claim(
            new SessionClaim(Secret(), Text(), Offset(), Coin()) { IsOnce = Coin(), WithoutMissed = Coin(), Next = Coin() ? Secret() : null }),
        8 => Protocol.Operation.Moved(Target(), Moved()),
        _ => Protocol.Operation.Emit(Target(), Bytes()),
    };

    public Entry Entry() => new(Number(), Server(), Number(), Number(), Operation());

    public byte[] Bytes(int most = 300)
    {
        var bytes = new byte[_random.Next(4) == 0 ? 0 : _random.Next(most)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private History History() => new()
    {
        Epoch = Number(),
        Handled = Number(),
        Number = Number(),
        ListVersion = Number(),
        List = Many(Server),
        LastPosition = Number(),
        Retained = Many(Entry),
        Outbox = Many(() => new OutboxItem(Number(), Operation(), Number(), Number())),
        Rooms = Many(Room),
        Seen = Many(() => new SeenPosition(Server(), Number())),
        Moved = Many(() => new MovedSocket(Socket(), Number())),
        Doubt = Number(),
        Unheard = Number(),
        Past = Many(() => new PastEpoch(Number(), Number())),
        Removed = Number(),
    };

    private Head? Head() => _random.Next(5) switch
    {
        0 => null,
        4 => new Head(Number(), Number(), Number(), Number(), Coin() ? null : Many(Server), Held: Number()),
        1 => new Head(Number(), Number(), Number(), Number(), null),
        2 => new Head(Number(), Number(), Number(), Number(), null, Many(() => new ListChange(Server(), Coin()))),
        _ => new Head(Number(), Number(), Number(), Number(), Many(Server)),
    };

    private Answer Answer() => new(Server(), Server(), Number(), _random.Next(100), Coin(), Coin() ? Text() : null, Bytes());

    private ServerDescription Description() =>
        new(
            Server().Process,
            Text(),
            DateTimeOffset.UnixEpoch.AddTicks(_random.NextInt64(1L << 55)),
            _random.Next(int.MaxValue),
            Coin() ? $"unix:/tmp/{_random.Next(1000)}" : null);

    private BroadcastTarget Target() => new(Many(Room), Many(Socket), Many(Room), Many(Socket), (BroadcastFlags)_random.Next(4));

    private SessionWord Word() => _random.Next(8) switch
    {
        0 => new SessionOpened(Socket(), Number(), Secret(), Text(), Offset(), Many(Room), Bytes(), Coin())
        {
            Absence = Coin() ? new SessionAbsence(Number(), Number()) : null,
            IsUnproved = Coin(),
        },
        1 => new SessionJoined(Socket(), Number(), Room()),
        2 => new SessionLeft(Socket(), Number(), Room()),
        3 => new SessionData(Socket(), Number(), Bytes()),
        4 => new SessionAway(Socket(), Number(), Offset()) { IsKept = Coin() },
        6 => new SessionEarlier(Socket(), Number(), Number(), (ClaimRefusal)_random.Next(11), Many(Packet)),
        5 => new SessionOnce(Many(() => new OnceId(Secret(), Number()))),
        _ => new SessionEnded(Socket(), Number()),
    };

    private Entry Packet() => new(Number(), Server(), Number(), Number(), Protocol.Operation.Emit(Target(), Bytes()));

    private SessionMoved Moved() => new(Socket(), Many(Room), Bytes(), Coin());

    private RecoverySettings? Recovery() => Coin() ? new RecoverySettings(Number(), Number(), Number(), _random.Next(1000), Coin()) : null;

    private SecretHash Secret() => new(Number(), Number());

    private OrderOffset Offset() => new(Number(), Number());

    private Room Room() => _random.Next(4) switch
    {
        0 => OrleansAdapter.Room.Everyone,
        1 => OrleansAdapter.Room.OfUser($"user{_random.Next(100)}"),
        _ => OrleansAdapter.Room.Named(Text() is { Length: > 0 } name ? name : "room"),
    };

    private SocketId Socket() => SocketId.FromParts(Server(), (ulong)_random.NextInt64());

    private ServerId Server() => ServerId.FromBits((ulong)_random.NextInt64());

    private string Text() => Texts[_random.Next(Texts.Length)];

    private bool Coin() => _random.Next(2) == 0;

    private long Number() => _random.Next(5) switch
    {
        0 => 0,
        1 => _random.Next(300),
        2 => _random.NextInt64(),
        3 => _random.Next(2) == 0 ? long.MaxValue : -1,
        _ => 1L << _random.Next(63),
    };

    private T[] Many<T>(Func<T> one)
    {
        var items = new T[_random.Next(3) == 0 ? 0 : _random.Next(5)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = one();
        }
        return items;
    }
}
