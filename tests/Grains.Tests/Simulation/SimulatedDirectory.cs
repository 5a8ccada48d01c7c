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

    /// <summary>A home opens on a machine, when that of the one before is dead, or declared to be: then it may go on.</summary>
    public SimulatedHome Open(Machine machine, long epoch, bool first)
    {
        if (!first && _current.IsAlive)
        {
            cluster.Recording.Lost(_current);
        }
        IsUp = true;
        _current = new SimulatedHome(cluster, epoch, first, machine);
        cluster.Recording.Log($"HOME STARTS on {machine.Name}: epoch {epoch}");
        Tick(_current);
        return _current;
    }

    /// <summary>The homes of a machine end with its silo.</summary>
    public void End(Machine machine)
    {
        if (_current.Machine == machine && _current.IsAlive)
        {
            cluster.Recording.Lost(_current);
        }
        machine.Homes.ForEach(home => home.IsAlive = false);
        machine.Homes.Clear();
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
    public void Arrive(int slot, SimulatedHome sentTo, Action<SimulatedHome> deliver)
    {
        if (cluster.Machines is { } machines)
        {
            if (machines.Of(slot).Sees is { IsAlive: true } home && machines.Reaches(machines.Of(slot).Index, home.Machine!.Index))
            {
                deliver(home);
            }
            return;
        }
        if (!IsUp || (cluster.Settings.Links.InOrder && sentTo != _current))
        {
            return;
        }
        if (cluster.Now < _pausedUntil)
        {
            Agenda.At(_pausedUntil, () => Arrive(slot, sentTo, deliver));
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
        if (home.Machine is not null ? home.IsAlive : home == _superseded || (home == _current && IsUp))
        {
            if (cluster.Now >= _pausedUntil)
            {
                home.Tick();
            }
            Agenda.At(Math.Max(_pausedUntil, cluster.Now + Settings.TickEvery), () => Tick(home));
        }
    }
}
