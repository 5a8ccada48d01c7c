namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>One home, from its start to its death, and what the recording has to know of it.</summary>
internal sealed class SimulatedHome : IHomeOutput, IServersOutput
{
    private readonly SimulatedCluster _cluster;
    private readonly HashSet<ServerId> _withHistory = [];
    private readonly Dictionary<ServerId, long> _sessions = [];
    private bool _isOpening;

    public SimulatedHome(SimulatedCluster cluster, long epoch, bool firstStart, Machine? machine = null)
    {
        _cluster = cluster;
        Machine = machine;
        machine?.Homes.Add(this);
        Home = new Home(cluster.Settings.Home, this, cluster.Dice.Random, epoch, firstStart);
        Servers = new ServerList(cluster.Settings.Answers, this, cluster.Dice.Random);
    }

    public Home Home { get; }

    /// <summary>Where it is, where there are several machines.</summary>
    public Machine? Machine { get; }

    /// <summary>Whether it goes on, where there are several machines; it may although another one has taken its place.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>The list of servers, and the answers on their way: it lives and dies with the home, in one process.</summary>
    public ServerList Servers { get; }

    private Recording Recording => _cluster.Recording;

    /// <summary>Another home has taken this one's place and opened: whoever still follows this one is not promised anything by it.</summary>
    private bool IsOver => _cluster.Directory.Current != this && _cluster.Directory.Current.Home.IsOpen;

    /// <summary>The session that it gave a life; 0 for none.</summary>
    public long SessionOf(ServerId life) => _sessions.GetValueOrDefault(life);

    /// <summary>Whether it may do anything: else it is as if it were paused.</summary>
    public bool IsSure
    {
        get
        {
            if (Machine is null || !_cluster.Settings.SureOfPlace || Machine.Standing.IsSure(_cluster.Now))
            {
                return true;
            }
            Recording.Count("home not sure of its place");
            return false;
        }
    }

    public void Receive(WorkerMessage message)
    {
        if (!IsSure)
        {
            return;
        }
        var (epoch, number) = (Home.Epoch, Home.Number);
        if (!Home.IsOpen && message is Register { History: not null } && message.Epoch == epoch)
        {
            _withHistory.Add(message.Life);
        }
        Home.Receive(message, _cluster.Now);
        _isOpening = false;
        if (Home.Epoch != epoch)
        {
            _withHistory.Clear();
            Recording.Count("epoch raised");
        }
        if (message is Submit submit && Home.Number > number)
        {
            for (var i = 0; i < submit.Operations.Count; i++)
            {
                Recording.Numbered(this, _cluster.Directory.Current, submit.Life, submit.First + i, number + 1 + i);
            }
        }
    }

    public void ReportDeath(ServerId process)
    {
        Home.ReportDeath(process, _cluster.Now);
        Servers.ReportDeath(process, _cluster.Now);
        _isOpening = false;
    }

    public void Check(ServerId life, long epoch)
    {
        if (IsSure)
        {
            Home.Check(life, epoch);
        }
    }

    public void Tick()
    {
        if (!IsSure)
        {
            return;
        }
        if (Machine is not null)
        {
            Home.SetMachine(Machine.Others > 0 && _cluster.Settings.OnSecondMachine ? Machine.Name : null);
        }
        Home.Tick(_cluster.Now);
        Servers.Tick(_cluster.Now);
        _isOpening = false;
    }

    void IHomeOutput.Send(ServerId to, HomeMessage message)
    {
        if (message is Registered registered)
        {
            Admitted(to, registered);
        }
        if (message.Head is { } head)
        {
            Recording.Count(head.List is not null ? "list told whole" : head.Changes is not null ? "list told by its changes" : "list left out");
        }
        _cluster.ToServer(this, to, message);
    }

    void IServersOutput.Send(ServerId process, ServerMessage message) => _cluster.ToServer(this, process, (Answers)message);

    void IServersOutput.Added(ServerDescription server)
    {
    }

    void IServersOutput.Removed(ServerDescription server, RemovalReason reason)
    {
    }

    void IServersOutput.Refused(Answer answer, AnswerRefusal reason) => Recording.Count($"answer refused: {reason}");

    void IHomeOutput.Removed(ServerId life, RemovalReason reason)
    {
        Recording.Count($"removed: {reason}");
        if (reason != RemovalReason.FencedBefore && !IsOver)
        {
            Recording.Fenced(life, Home.Epoch, SessionOf(life), Home.Number);
        }
    }

    void IHomeOutput.Opened(OpenSummary summary)
    {
        _isOpening = true;
        Recording.Past[Home.Epoch] = Home.Past;
        foreach (var life in Home.Lives)
        {
            Recording.Admitted(life, Home.Epoch, _withHistory.Contains(life));
        }
        if (IsOver)
        {
            Recording.Count("superseded home opened late");
            Recording.OpenedLate.Add(Home.Epoch);
            return;
        }
        Recording.Opened(Home, [.. Home.Lives.Where(_withHistory.Contains)], life => Machine is not null && _cluster.CanReach(Machine, life));
        _cluster.Directory.HasOpened();
    }

    private void Admitted(ServerId life, Registered registered)
    {
        if (_sessions.GetValueOrDefault(life) != registered.Session)
        {
            _sessions[life] = registered.Session;
            if (!_isOpening)
            {
                Recording.Admitted(life, Home.Epoch, withHistory: false);
            }
        }
        if (!_isOpening)
        {
            return;
        }
        foreach (var result in registered.Results)
        {
            Recording.Count($"merged as {result.Outcome}");
            if (result.Number > 0)
            {
                Recording.Numbered(this, _cluster.Directory.Current, life, result.Position, result.Number);
            }
        }
    }
}
