namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>A client's session as its server knows it.</summary>
internal sealed record TestSession(SocketId Socket, SecretHash Secret, ServerId Server);

/// <summary>A home that keeps sessions, for servers that ask for it, with what tests say to it in few words.</summary>
internal sealed class SessionHome : IHomeOutput
{
    public static readonly RecoverySettings Settings = new(KeepSessions: 5_000, KeepEntries: 7_000, WindowBytes: 1 << 20, MaximumMissed: 100);

    private readonly Dictionary<ServerId, long> _sessions = [];
    private readonly Dictionary<ServerId, Submit> _submitted = [];
    private readonly List<(ServerId To, HomeMessage Message)> _sent = [];
    private readonly ServerId _publisher = TestHome.Life(99);
    private ulong _sockets;
    private long _now;

    public SessionHome(params ServerId[] lives)
        : this(Settings, lives)
    {
    }

    public SessionHome(RecoverySettings settings, params ServerId[] lives)
    {
        Home = new Home(new HomeOptions(), this, new Random(1), 1_000, firstStart: true);
        foreach (var life in lives)
        {
            Home.Receive(new Register { Life = life, Epoch = Home.Epoch, Recovery = settings }, _now);
        }
        Home.Receive(new Register { Life = _publisher, Epoch = Home.Epoch }, _now);
    }

    /// <summary>The home after a directory's death, with a server that was in the one before.</summary>
    public SessionHome(ServerId life, History history, params ServerId[] died)
    {
        Home = new Home(new HomeOptions(), this, new Random(1), 2_000, firstStart: false);
        Array.ForEach(died, Kill);
        Register(life, history);
        Assert.True(Home.IsOpen);
        Home.Receive(new Register { Life = _publisher, Epoch = Home.Epoch }, _now);
    }

    public Home Home { get; }

    public List<SessionEnd> Ends { get; } = [];

    /// <summary>A client connects to a server, and joins rooms.</summary>
    public TestSession Open(ServerId life, params Room[] rooms)
    {
        var session = new TestSession(SocketId.FromParts(life, ++_sockets), new SecretHash((long)_sockets, 7), life);
        var asOf = Home.Number;
        Room[] all = [Room.Everyone, .. rooms];
        Submit(life, [
            .. all.Select(room => Operation.Own(room, member: true, asOf)),
            Operation.Session(new SessionOpened(session.Socket, 0, session.Secret, "", default, all, default, false), asOf)]);
        return session;
    }

    public void Word(ServerId life, SessionWord word, long? asOf = null, Room? own = null)
    {
        var at = asOf ?? Home.Number;
        Submit(life, own is { } room ? [Operation.Own(room, member: true, at), Operation.Session(word, at)] : [Operation.Session(word, at)]);
    }

    public void Away(TestSession session, long lastSent) =>
        Word(session.Server, new SessionAway(session.Socket, 0, lastSent == 0 ? default : Offset(lastSent)));

    /// <summary>A server registers; returns what it is told.</summary>
    public Registered Register(ServerId life, History? history = null)
    {
        Home.Receive(new Register { Life = life, Epoch = Home.Epoch, Recovery = Settings, History = history }, _now);
        return _sent.Where(sent => sent.To == life).Select(sent => sent.Message).OfType<Registered>().Last();
    }

    public void Kill(ServerId life) => Home.ReportDeath(life, _now);

    public OrderOffset Offset(long number) => new(Home.Epoch, number);

    /// <summary>Somebody says something to a room; returns its number.</summary>
    public long Say(Room room) => Do(TestOperations.Emit(room));

    public long Say(SocketId socket) => Do(TestOperations.Emit(socket));

    public long Emit(BroadcastTarget target) => Do(Operation.Emit(target, new byte[10]));

    public long Do(Operation operation)
    {
        Submit(_publisher, operation);
        return Home.Number;
    }

    public ClaimAnswer Claim(ServerId life, TestSession session, OrderOffset offset, string user = "", bool looksOnly = false)
    {
        Submit(life, Operation.Claim(new SessionClaim(session.Secret, user, offset, looksOnly)));
        return LastAnswer(life);
    }

    /// <summary>A client asks to come back without what it missed; from then on it has to prove another secret.</summary>
    public ClaimAnswer Resume(ServerId life, TestSession session, SecretHash next, string user = "")
    {
        Submit(life, Operation.Claim(new SessionClaim(session.Secret, user, default, LooksOnly: false) { WithoutMissed = true, Next = next }));
        return LastAnswer(life);
    }

    /// <summary>A server asks whether it is the first that is to act on a request.</summary>
    public ClaimRefusal Once(ServerId life, SecretHash id)
    {
        Submit(life, Operation.Claim(SessionClaim.Once(id)));
        return LastAnswer(life).Refusal;
    }

    public long ClaimNumber(ServerId life, TestSession session, OrderOffset offset)
    {
        Assert.Equal(ClaimRefusal.None, Claim(life, session, offset).Refusal);
        return Home.Number;
    }

    public ClaimAnswer LastAnswer(ServerId life) => _sent.Where(sent => sent.To == life).Select(sent => sent.Message).OfType<Accepted>().Last().Claims.Single();

    /// <summary>What a server was asked for of the time before the home.</summary>
    public IReadOnlyList<Recall> Recalls(ServerId life) => [.. _sent.Where(sent => sent.To == life).Select(sent => sent.Message).OfType<Recall>()];

    public void RepeatLast(ServerId life) => Home.Receive(_submitted[life], _now);

    public IEnumerable<Entry> EntriesOf(ServerId life) =>
        _sent.Where(sent => sent.To == life).Select(sent => sent.Message).OfType<Push>().SelectMany(push => push.Entries).DistinctBy(entry => entry.Number);

    public long[] Pushed(ServerId life) => [.. EntriesOf(life).Select(entry => entry.Number)];

    public void Pass(long milliseconds, params ServerId[] renewing)
    {
        for (var left = milliseconds; left > 0; left -= 100)
        {
            _now += Math.Min(left, 100);
            foreach (var life in (ServerId[])[.. renewing, _publisher])
            {
                Renew(life, endedUpTo: 0);
            }
            Home.Tick(_now);
        }
        if (renewing.Length == 0)
        {
            Kill(_publisher);
        }
    }

    /// <summary>A server renews, having taken so much news of ended sessions; returns what it is told of.</summary>
    public Renewed Renew(ServerId life, long endedUpTo, long handled = 0)
    {
        Home.Receive(new Renew { Life = life, Epoch = Home.Epoch, Session = _sessions[life], Handled = handled, EndedUpTo = endedUpTo }, _now);
        return (Renewed)_sent.Last(sent => sent.To == life && sent.Message is Renewed).Message;
    }

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        _sent.Add((to, message));
        if (message is Registered)
        {
            _sessions[to] = message.Session;
        }
        if (message is Push { Entries.Count: > 0 } push)
        {
            Home.Receive(new Acknowledge { Life = to, Epoch = Home.Epoch, Session = _sessions[to], Handled = push.Entries[^1].Number }, _now);
        }
    }

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
    }

    void IHomeOutput.SessionEnded(SessionEnd reason) => Ends.Add(reason);

    private void Submit(ServerId life, params Operation[] operations)
    {
        var first = _submitted.TryGetValue(life, out var last) ? last.First + last.Operations.Count : 1;
        _submitted[life] = new Submit { Life = life, Epoch = Home.Epoch, Session = _sessions[life], First = first, Operations = operations };
        Home.Receive(_submitted[life], _now);
    }
}
