using System.Diagnostics;

namespace OrleansAdapter.Grains.Testing;

/// <summary>A home as its grain has it: what it has for the caller is the call's result, what it has for others is an event, one in flight for each.</summary>
internal sealed class ScaleHome : IHomeOutput
{
    private const long EventTakes = 2_000;

    private readonly ScaleCluster _cluster;
    private readonly Dictionary<ServerId, ScaleMailbox> _mailboxes = [];
    private readonly List<HomeMessage> _replies = [];
    private readonly HashSet<ScaleMailbox> _told = [];
    private ServerId _caller;

    public ScaleHome(ScaleCluster cluster, int @namespace, int silo, long epoch, bool firstStart)
    {
        (_cluster, Namespace, Silo) = (cluster, @namespace, silo);
        Home = new Home(new HomeOptions(), this, cluster.Network.Random, epoch, firstStart);
    }

    public Home Home { get; }

    public int Namespace { get; }

    /// <summary>In which silo it is.</summary>
    public int Silo { get; }

    /// <summary>Whether it goes on; else what is said to it is lost, and it says nothing.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>Until when it has no time for anybody.</summary>
    public long BusyUntil { get; set; }

    /// <summary>Does something in a turn of the home; returns what it has for the caller.</summary>
    public HomeMessage[] Turn(ServerId caller, Action<Home> action)
    {
        _caller = caller;
        var began = Stopwatch.GetTimestamp();
        action(Home);
        _cluster.Count(new Traffic(0, 0, 0, 0, Stopwatch.GetTimestamp() - began));
        _caller = default;
        HomeMessage[] replies = [.. _replies];
        _replies.Clear();
        foreach (var mailbox in _told)
        {
            Flush(mailbox);
        }
        _told.Clear();
        _cluster.Count(new Traffic(0, 0, 0, _cluster.SizeOf(replies), 0));
        return replies;
    }

    /// <summary>A message of a server comes by itself.</summary>
    public HomeMessage[] Receive(WorkerMessage message) => Turn(message.Life, home => home.Receive(message, _cluster.Now));

    /// <summary>A question comes, in a round or by itself.</summary>
    public HomeMessage[] Ask(HomeQuestion question) =>
        question.Renewal is { } renewal ? Receive(renewal) : Turn(question.Life, home => home.Check(question.Life, question.Epoch));

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        if (to == _caller)
        {
            _replies.Add(message);
            return;
        }
        if (!_mailboxes.TryGetValue(to, out var mailbox))
        {
            _mailboxes[to] = mailbox = new ScaleMailbox(to);
        }
        mailbox.Waiting.Add(message);
        _told.Add(mailbox);
    }

    void IHomeOutput.Removed(ServerId life, RemovalReason reason) => _cluster.Removed(this, life, reason);

    void IHomeOutput.Opened(OpenSummary summary)
    {
    }

    private void Flush(ScaleMailbox mailbox)
    {
        if (mailbox.InFlight || mailbox.Waiting.Count == 0)
        {
            return;
        }
        mailbox.InFlight = true;
        HomeMessage[] batch = [.. mailbox.Waiting];
        mailbox.Waiting.Clear();
        _cluster.Count(new Traffic(0, 1, 0, _cluster.SizeOf(batch), 0));
        var hasEnded = false;
        _cluster.Network.Carry(() =>
        {
            if (_cluster.Reached(this, mailbox.Life) is { } life)
            {
                var answer = life.Answer(batch);
                _cluster.Network.Carry(() => End(answer));
            }
        });
        _cluster.Network.In(EventTakes, () => End(null)); // the call's time is over

        void End(WorkerMessage? answer)
        {
            if (hasEnded || !IsAlive)
            {
                return;
            }
            (hasEnded, mailbox.InFlight) = (true, false);
            if (answer is not null)
            {
                _cluster.Count(new Traffic(0, 0, _cluster.SizeOf(answer), 0, 0));
                Turn(default, home => home.Receive(answer, _cluster.Now));
            }
            Flush(mailbox);
        }
    }

    private sealed class ScaleMailbox(ServerId life)
    {
        public ServerId Life { get; } = life;

        /// <summary>Whether an event is on its way; those behind wait.</summary>
        public bool InFlight { get; set; }

        public List<HomeMessage> Waiting { get; } = [];
    }
}
