namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>The directory's process: starts, dies, is paused, or runs on although another one has taken its place.</summary>
internal sealed class SimulatedDirectory(SimulatedCluster cluster)
{
    private readonly List<Action> _whenOpen = [];
    private SimulatedHome _current = null!;
    private SimulatedHome? _superseded;
    private long _pausedUntil;

    public SimulatedHome Current => _current;

    public bool IsUp { get; private set; }

    private Agenda Agenda => cluster.Agenda;

    public void Start(bool first = false)
    {
        IsUp = true;
        _pausedUntil = 0;
        // Clocks may go back: a new epoch is not always higher.
        var epoch = cluster.Dice.Chance(0.1) ? 1 + cluster.Dice.Below(1_000_000) : ((cluster.Now + 10) * 1_000_000) + cluster.Dice.Below(1_000_000);
        _current = new SimulatedHome(cluster, epoch, first);
        cluster.Recording.Log($"DIRECTORY STARTS: epoch {epoch}");
        Tick(_current);
        if (!first && cluster.Settings.NoticesReconnect)
        {
            foreach (var server in cluster.Servers)
            {
                Agenda.In(1 + cluster.Dice.Below(20), () => cluster.Whenever(server, () => server!.NoticeReconnect()));
            }
        }
    }

    public void Kill(long downFor)
    {
        if (!IsUp || cluster.Network.IsQuiet)
        {
            return;
        }
        cluster.Recording.Count("DIRECTORY KILLED");
        cluster.Recording.Lost(_current);
        IsUp = false;
        Agenda.In(downFor, () =>
        {
            if (!IsUp)
            {
                Start();
            }
        });
    }

    public void Pause(long milliseconds)
    {
        cluster.Recording.Count("DIRECTORY PAUSED");
        _pausedUntil = cluster.Now + milliseconds;
    }

    public void Resume() => _pausedUntil = 0;

    /// <summary>Another home starts while this one goes on, and both get messages, until this one is gone.</summary>
    public void Supersede(long until)
    {
        if (!IsUp || cluster.Network.IsQuiet)
        {
            return;
        }
        var old = _current;
        Kill(0);
        Start();
        cluster.Recording.Count("TWO HOMES");
        _superseded = old;
        Agenda.At(until, EndSuperseded);
    }

    public void EndSuperseded() => _superseded = null;

    /// <summary>A message reaches the directory.</summary>
    public void Arrive(SimulatedHome sentTo, Action<SimulatedHome> deliver)
    {
        if (!IsUp || (cluster.Settings.Links.InOrder && sentTo != _current))
        {
            return;
        }
        if (cluster.Now < _pausedUntil)
        {
            Agenda.At(_pausedUntil, () => Arrive(sentTo, deliver));
            return;
        }
        deliver(_superseded is not null && cluster.Dice.Chance(0.4) ? _superseded : _current);
    }

    public void WhenOpen(Action action) => _whenOpen.Add(action);

    public void HasOpened()
    {
        var actions = _whenOpen.ToArray();
        _whenOpen.Clear();
        foreach (var action in actions)
        {
            action();
        }
    }

    private void Tick(SimulatedHome home)
    {
        if (home == _superseded || (home == _current && IsUp))
        {
            if (cluster.Now >= _pausedUntil)
            {
                home.Tick();
            }
            Agenda.At(Math.Max(_pausedUntil, cluster.Now + Settings.TickEvery), () => Tick(home));
        }
    }
}
