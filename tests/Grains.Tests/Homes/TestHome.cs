namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>A home whose messages are kept, and whose time stands still until a test moves it.</summary>
internal sealed class TestHome : IHomeOutput
{
    public const long FirstEpoch = 1_000;

    public static readonly HomeOptions Options = new();

    private readonly Dictionary<ServerId, long> _sessions = [];

    public TestHome(HomeOptions? options = null, bool firstStart = false, long epoch = FirstEpoch, long voidFrom = long.MaxValue)
    {
        Home = new Home(options ?? Options, this, new Random(1), epoch, firstStart, voidFrom);
    }

    public Home Home { get; }

    public long Now { get; set; }

    public List<(ServerId To, HomeMessage Message)> Sent { get; } = [];

    public List<(ServerId Life, RemovalReason Reason)> Removals { get; } = [];

    public List<OpenSummary> Openings { get; } = [];

    public List<string> Conflicts { get; } = [];

    /// <summary>A home that is open, with these fresh lives, a moment after the last one came.</summary>
    public static TestHome With(params ServerId[] lives) => With(Options, lives);

    public static TestHome With(HomeOptions options, params ServerId[] lives)
    {
        var home = new TestHome(options, firstStart: true);
        foreach (var life in lives)
        {
            home.Register(life);
        }
        home.Tick(Options.ListPause); // all are told of all
        home.Tick(Options.ListPause); // and that is a while ago
        home.Sent.Clear();
        return home;
    }

    public static ServerId Life(int number) => ServerId.FromBits(((ulong)number << 12) | 1);

    public void Receive(WorkerMessage message) => Home.Receive(message, Now);

    public void Register(ServerId life, History? history = null, ServerId replaces = default) =>
        Receive(new Register { Life = life, Epoch = Home.Epoch, History = history, Replaces = replaces });

    public void Submit(ServerId life, long first, params Operation[] operations) =>
        Receive(new Submit { Life = life, Epoch = Home.Epoch, Session = SessionOf(life), First = first, Operations = operations });

    public void Join(ServerId life, long position, Room room, long asOf = 0) => Submit(life, position, Operation.Own(room, member: true, asOf));

    public void Leave(ServerId life, long position, Room room, long asOf = 0) => Submit(life, position, Operation.Own(room, member: false, asOf));

    public void Acknowledge(ServerId life, long handled) =>
        Receive(new Acknowledge { Life = life, Epoch = Home.Epoch, Session = SessionOf(life), Handled = handled });

    public void Renew(ServerId life, long handled = 0, long listVersion = 0) =>
        Receive(new Renew { Life = life, Epoch = Home.Epoch, Session = SessionOf(life), Handled = handled, ListVersion = listVersion });

    /// <summary>Lets time pass in one step: more than <see cref="HomeOptions.PauseThreshold"/> is a pause of the directory.</summary>
    public void Tick(long milliseconds)
    {
        Now += milliseconds;
        Home.Tick(Now);
    }

    /// <summary>Lets time pass as it does, while some lives renew their leases.</summary>
    public void Pass(long milliseconds, params ServerId[] renewing)
    {
        for (var left = milliseconds; left > 0; left -= 100)
        {
            foreach (var life in renewing)
            {
                Renew(life);
            }
            Tick(Math.Min(left, 100));
        }
    }

    /// <summary>The session of a life's newest Registered.</summary>
    public long SessionOf(ServerId life) => _sessions.GetValueOrDefault(life);

    /// <summary>All messages of a type to a life, oldest first.</summary>
    public IReadOnlyList<T> All<T>(ServerId to)
        where T : HomeMessage => [.. Sent.Where(sent => sent.To == to).Select(sent => sent.Message).OfType<T>()];

    public T Last<T>(ServerId to)
        where T : HomeMessage => All<T>(to)[^1];

    /// <summary>The numbers of all entries that were pushed to a life.</summary>
    public long[] Pushed(ServerId to) => [.. All<Push>(to).SelectMany(push => push.Entries).Select(entry => entry.Number)];

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        Sent.Add((to, message));
        if (message is Registered)
        {
            _sessions[to] = message.Session;
        }
    }

    void IHomeOutput.Removed(ServerId life, RemovalReason reason) => Removals.Add((life, reason));

    void IHomeOutput.Opened(OpenSummary summary) => Openings.Add(summary);

    void IHomeOutput.Conflict(string message) => Conflicts.Add(message);
}
