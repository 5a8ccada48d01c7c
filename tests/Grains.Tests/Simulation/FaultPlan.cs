namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Draws the faults of each <see cref="FaultClass"/>.</summary>
internal sealed class FaultPlan(SimulatedCluster cluster)
{
    private readonly Dice _dice = cluster.Dice;
    private readonly List<long> _hot = [];
    private readonly long _start = 250 + cluster.Dice.Below(600);

    private SimulatedDirectory Directory => cluster.Directory;

    private SimulatedMachines Machines => cluster.Machines!;

    public List<long> Draw()
    {
        switch (cluster.Settings.Faults)
        {
            case FaultClass.NetworkOnly:
                break;
            case FaultClass.WorkerKilled:
                _hot.Add(_start);
                KillServer(_start, restart: true);
                break;
            case FaultClass.WorkerPausedPastItsLease:
                _hot.AddRange([_start, _start + 650]);
                PauseServer(_start, 500, 1_300);
                break;
            case FaultClass.DirectoryKilled:
                KillDirectory(_start);
                break;
            case FaultClass.DirectoryKilledAgainAndAgain:
                KillDirectory(_start);
                KillDirectory(_start + 20 + _dice.Below(600));
                if (_dice.Chance(0.3))
                {
                    KillDirectory(_start + 50 + _dice.Below(900));
                }
                break;
            case FaultClass.DirectoryAndWorkerKilled:
                KillDirectoryAndServer(_start);
                break;
            case FaultClass.Overflow:
                _hot.Add(_start);
                PauseServer(_start, 100, 500);
                break;
            case FaultClass.DirectoryKilledAndWorkerLate:
                DirectoryKilledAndWorkerLate();
                break;
            case FaultClass.Everything:
                Everything();
                break;
            case FaultClass.DirectoryPaused:
                DirectoryPaused();
                break;
            case FaultClass.DirectoryKilledAsItOpens:
                DirectoryKilledAsItOpens(withServer: false);
                break;
            case FaultClass.DirectoryAndWorkerKilledAsItOpens:
                DirectoryKilledAsItOpens(withServer: true);
                break;
            case FaultClass.FenceThenDirectoryKilled:
                FenceThenDirectoryKilled();
                break;
            case FaultClass.TwoHomesAtOnce:
                TwoHomesAtOnce();
                break;
            case FaultClass.WorkersReplacedThenDirectoryKilled:
                WorkersReplacedThenDirectoryKilled();
                break;
            case FaultClass.ClaimerAndDirectoryKilled:
                ClaimerAndDirectoryKilled();
                break;
            case FaultClass.MachineKilled:
                MachineKilled();
                break;
            case FaultClass.MachineCutOff:
                MachineCutOff();
                break;
            default:
                throw new NotSupportedException($"No plan for {cluster.Settings.Faults}.");
        }
        return _hot;
    }

    private void DirectoryKilledAndWorkerLate()
    {
        KillDirectory(_start);
        PauseServer(_start - _dice.Below(50), 100, 1_000);
        _hot.Add(_start + 400);
        if (_dice.Chance(0.4))
        {
            KillDirectory(_start + 300 + _dice.Below(500));
        }
    }

    /// <summary>Paused while it is open, or while it holds after a restart.</summary>
    private void DirectoryPaused()
    {
        _hot.AddRange([_start, _start + 600]);
        if (_dice.Chance(0.6))
        {
            PauseDirectory(_start, 100, 1_300);
            return;
        }
        var downFor = 5 + _dice.Below(100);
        cluster.Agenda.At(_start, () => Directory.Kill(downFor));
        PauseDirectory(_start + downFor + _dice.Below(100), 100, 1_000);
    }

    private void DirectoryKilledAsItOpens(bool withServer)
    {
        KillDirectory(_start);
        _hot.Add(_start + 100);
        var times = 1 + _dice.Below(3);
        cluster.Agenda.At(_start + 1, () => Directory.WhenOpen(Again));

        void Again()
        {
            var killsServer = withServer && _dice.Chance(0.7);
            var (slot, restart, downFor) = (Slot(), _dice.Chance(0.5), 5 + _dice.Below(60));
            cluster.Agenda.In(_dice.Below(40), () =>
            {
                Directory.Kill(downFor);
                if (killsServer)
                {
                    cluster.KillServer(slot, tell: false, restart);
                }
                if (--times > 0)
                {
                    Directory.WhenOpen(Again);
                }
            });
        }
    }

    private void FenceThenDirectoryKilled()
    {
        PauseServer(_start, 500, 1_000);
        var killed = _start + 500 + _dice.Below(300);
        KillDirectory(killed);
        _hot.Add(_start + 600);
        if (_dice.Chance(0.3))
        {
            KillDirectory(killed + 100 + _dice.Below(400));
        }
    }

    private void TwoHomesAtOnce()
    {
        _hot.AddRange([_start, _start + 150]);
        Supersede(_start);
        if (_dice.Chance(0.3))
        {
            PauseServer(_start + _dice.Below(300), 100, 400);
        }
    }

    /// <summary>A rolling restart: in the end nobody is there who was when it began.</summary>
    private void WorkersReplacedThenDirectoryKilled()
    {
        var servers = cluster.Servers.Length;
        var step = Math.Min(60 + _dice.Below(120), (int)(1_350 - _start) / servers);
        for (var slot = 0; slot < servers; slot++)
        {
            var (replaced, after) = (slot, 5 + _dice.Below(30));
            cluster.Agenda.At(_start + (slot * step), () =>
            {
                cluster.KillServer(replaced, tell: true, restart: false);
                cluster.Agenda.In(after, () => cluster.StartServer(replaced));
            });
        }
        _hot.Add(_start);
        KillDirectory(_start + (servers * step) + _dice.Below(100));
    }

    /// <summary>
    /// Clients come to a server that dies with the directory, or right before it, and those that they come from have not heard of that: they may still have the
    /// sockets. What the claimer alone has heard is forgotten, and its clients begin anew when numbers are given again.
    /// </summary>
    private void ClaimerAndDirectoryKilled()
    {
        var (claimer, silence, goesFirst) = (Slot(), 60 + _dice.Below(120), _dice.Chance(0.5));
        var killed = _start + silence;
        _hot.AddRange([_start, killed + 400]);
        for (var slot = 0; slot < cluster.Servers.Length; slot++)
        {
            if (slot != claimer && _dice.Chance(0.7))
            {
                var (silent, until) = (slot, silence + (goesFirst ? 100 + _dice.Below(250) : 20 + _dice.Below(150)));
                cluster.Agenda.At(_start, () => cluster.PauseServer(silent, until));
            }
        }
        var restart = _dice.Chance(0.6);
        cluster.Agenda.At(killed, () => cluster.KillServer(claimer, tell: goesFirst, restart));
        KillDirectory(goesFirst ? killed + 50 + _dice.Below(150) : killed + _dice.Below(30) - 15);
        if (_dice.Chance(0.4))
        {
            // The next home has everybody told; the one behind that hears it from them alone.
            var (after, downFor) = (_dice.Below(80), 5 + _dice.Below(60));
            cluster.Agenda.At(killed + 201, () => Directory.WhenOpen(() => cluster.Agenda.In(after, () => Directory.Kill(downFor))));
        }
        new ClaimerTraffic(cluster, claimer).Draw(_start, killed);
    }

    /// <summary>Most times it is the home's.</summary>
    private void MachineKilled()
    {
        _hot.Add(_start);
        var (homes, other, downFor) = (_dice.Chance(0.7), _dice.Any(Machines.All), 5 + _dice.Below(600));
        cluster.Agenda.At(_start, () => Machines.Kill(homes ? Machines.OfHome : other, downFor));
    }

    /// <summary>From all others or from some, from the table or not, in both directions or in one.</summary>
    private void MachineCutOff()
    {
        _hot.AddRange([_start, _start + 300, _start + 600]);
        var (homes, other, shape, until) = (_dice.Chance(0.7), _dice.Any(Machines.All), _dice.Below(5), _start + 50 + _dice.Below(1_000));
        cluster.Agenda.At(_start, () =>
        {
            var one = (homes ? Machines.OfHome : other).Index;
            var peers = Enumerable.Range(0, Machines.Table).Where(peer => peer != one);
            Machines.Cut(shape switch
            {
                0 => peers.Append(Machines.Table).SelectMany(peer => new[] { (one, peer), (peer, one) }),
                1 => peers.SelectMany(peer => new[] { (one, peer), (peer, one) }),
                2 => peers.Append(Machines.Table).Select(peer => (peer, one)),
                3 => [(one, Machines.Table), (Machines.Table, one)],
                _ => Enumerable.Range(0, Machines.Table).SelectMany(machine => new[] { (machine, Machines.Table), (Machines.Table, machine) }),
            });
        });
        cluster.Agenda.At(until, Machines.Mend);
    }

    private void Everything()
    {
        for (var i = 2 + _dice.Below(4); i > 0; i--)
        {
            var time = 200 + (long)_dice.Below(1200);
            _hot.Add(time);
            switch (_dice.Below(7))
            {
                case 0:
                    KillServer(time, restart: _dice.Chance(0.7));
                    break;
                case 1:
                    PauseServer(time, 0, 1_000);
                    break;
                case 2:
                    KillDirectory(time);
                    break;
                case 3:
                    KillDirectoryAndServer(time);
                    break;
                case 4:
                    PauseDirectory(time, 0, 900);
                    break;
                case 5:
                    KillDirectory(time);
                    KillDirectoryAndServer(time + _dice.Below(400));
                    break;
                default:
                    Supersede(time);
                    break;
            }
        }
    }

    private int Slot() => _dice.Below(cluster.Servers.Length);

    private void KillServer(long time, bool restart)
    {
        var (slot, tell) = (Slot(), _dice.Chance(0.5));
        cluster.Agenda.At(time, () => cluster.KillServer(slot, tell, restart));
    }

    private void PauseServer(long time, int from, int to)
    {
        var (slot, milliseconds) = (Slot(), from + _dice.Below(to - from));
        cluster.Agenda.At(time, () => cluster.PauseServer(slot, milliseconds));
    }

    private void KillDirectory(long time)
    {
        _hot.Add(time);
        var downFor = 5 + _dice.Below(200);
        cluster.Agenda.At(time, () => Directory.Kill(downFor));
    }

    private void KillDirectoryAndServer(long time)
    {
        KillDirectory(time);
        KillServer(time + _dice.Below(30) - 15, restart: _dice.Chance(0.6));
    }

    private void PauseDirectory(long time, int from, int to)
    {
        var milliseconds = from + _dice.Below(to - from);
        cluster.Agenda.At(time, () => Directory.Pause(milliseconds));
    }

    private void Supersede(long time)
    {
        var milliseconds = 50 + _dice.Below(700);
        cluster.Agenda.At(time, () => Directory.Supersede(time + milliseconds));
    }
}
