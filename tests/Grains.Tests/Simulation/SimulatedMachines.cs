namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// Several machines and the table in which their silos find each other: who does not hear a silo for a while votes against it, and of three silos two votes
/// are asked, of two one. A silo that the table has as dead ends as soon as it reads so, and starts again.
/// </summary>
internal sealed class SimulatedMachines
{
    /// <summary>How long a silo is not heard before another one votes that it is dead.</summary>
    private const long SilenceOfTheDead = 200;

    private const long LookEvery = 20;

    /// <summary>Less than a new home holds, and than it takes until a silo that is not heard is declared dead.</summary>
    public const long Validity = 150;

    private readonly SimulatedCluster _cluster;
    private readonly Machine[] _machines;

    /// <summary>What does not get from one machine to another; the last one is the table's.</summary>
    private readonly HashSet<(int From, int To)> _cuts = [];
    private long _version;
    private bool _needsHome;

    public SimulatedMachines(SimulatedCluster cluster, int count)
    {
        _cluster = cluster;
        _machines = [.. Enumerable.Range(0, count).Select(index => new Machine(index))];
        foreach (var machine in _machines)
        {
            machine.SetClock(cluster.Dice);
        }
        _version = count;
    }

    /// <summary>The table's place among the machines, as far as cuts go.</summary>
    public int Table => _machines.Length;

    public IReadOnlyList<Machine> All => _machines;

    public Machine Of(int slot) => _machines[slot % _machines.Length];

    /// <summary>Where the newest home is.</summary>
    public Machine OfHome => _cluster.Directory.Current.Machine!;

    public bool Reaches(int from, int to) => from == to || !_cuts.Contains((from, to));

    /// <summary>Whether two sides reach each other.</summary>
    public bool Meet(int one, int other) => Reaches(one, other) && Reaches(other, one);

    public void Start()
    {
        var first = _cluster.Dice.Any(_machines);
        Array.ForEach(_machines, machine => machine.Sees = _cluster.Directory.Open(first, Epoch(first), first: true));
        Look();
    }

    /// <summary>An epoch for a home on a machine, as its silo draws it: by the version of the table, and only then by its clock.</summary>
    private long Epoch(Machine machine) =>
        (_version << 43) | (((1_000_000 + machine.ClockAhead + _cluster.Now) / 1_000) << 13) | (long)_cluster.Dice.Below(1 << 13);

    /// <summary>Nothing gets from one side to the other, until it is mended.</summary>
    public void Cut(IEnumerable<(int From, int To)> cuts)
    {
        if (!_cluster.Network.IsQuiet)
        {
            _cuts.UnionWith(cuts);
            _cluster.Recording.Count("MACHINE CUT OFF");
            _cluster.Recording.Log($"CUT: {string.Join(", ", _cuts)}");
        }
    }

    public void Mend()
    {
        _cluster.Recording.Log("MENDED");
        _cuts.Clear();
    }

    /// <summary>A machine goes with all that runs on it, and starts again later.</summary>
    public void Kill(Machine machine, long downFor)
    {
        if (!machine.IsUp || _cluster.Network.IsQuiet)
        {
            return;
        }
        _cluster.Recording.Count(machine == OfHome ? "MACHINE WITH HOME KILLED" : "MACHINE KILLED");
        machine.IsUp = false;
        for (var slot = machine.Index; slot < _cluster.Servers.Length; slot += _machines.Length)
        {
            _cluster.KillServer(slot, tell: false, restart: false);
        }
        _cluster.Directory.End(machine);
        _cluster.Agenda.In(downFor, () => Restart(machine));
    }

    private void Restart(Machine machine)
    {
        machine.IsUp = true;
        machine.SetClock(_cluster.Dice);
        machine.Sees = null;
        if (machine.IsActive)
        {
            Declare(machine); // a silo that starts knows that the one before it has ended
        }
        for (var slot = machine.Index; slot < _cluster.Servers.Length; slot += _machines.Length)
        {
            var started = slot;
            _cluster.Agenda.In(_cluster.Dice.Below(50), () => _cluster.StartServer(started));
        }
    }

    /// <summary>What the silos and the table do, again and again: hear each other, vote, declare dead, join, and open the home elsewhere.</summary>
    private void Look()
    {
        foreach (var machine in _machines.Where(machine => machine.IsUp))
        {
            Hear(machine);
        }
        foreach (var suspect in _machines.Where(machine => machine.IsActive && IsVotedOut(machine)).ToArray())
        {
            Declare(suspect);
        }
        foreach (var machine in _machines.Where(machine => machine.IsUp && Meet(machine.Index, Table)))
        {
            Read(machine);
        }
        _cluster.Agenda.In(LookEvery, Look);
    }

    private void Hear(Machine machine)
    {
        foreach (var other in _machines.Where(other => other.IsUp && Meet(machine.Index, other.Index)))
        {
            machine.Heard[other.Index] = _cluster.Now;
            machine.Standing.Answered(other.Name, _cluster.Now, isDead: !machine.IsActive && Meet(other.Index, Table));
        }
    }

    private bool IsVotedOut(Machine suspect)
    {
        var active = _machines.Count(machine => machine.IsActive);
        var votes = _machines.Count(voter => voter != suspect && voter.IsUp && voter.IsActive && Meet(voter.Index, Table)
            && _cluster.Now - voter.Heard[suspect.Index] > SilenceOfTheDead);
        return votes >= (active > 2 ? 2 : 1);
    }

    private void Declare(Machine suspect)
    {
        suspect.IsActive = false;
        _version++;
        _needsHome |= suspect == OfHome;
        _cluster.Recording.Log($"DECLARED DEAD: {suspect.Name}");
    }

    /// <summary>A silo that reads that it is dead ends, with its home, and starts again as another one.</summary>
    private void Read(Machine machine)
    {
        if (!machine.IsActive)
        {
            _cluster.Directory.End(machine);
            (machine.IsActive, machine.Standing) = (true, new Standing(Validity));
            _version++;
            Array.Fill(machine.Heard, _cluster.Now);
            foreach (var other in _machines)
            {
                other.Heard[machine.Index] = _cluster.Now;
            }
            _cluster.Recording.Log($"JOINED: {machine.Name}");
        }
        if (_needsHome)
        {
            OpenElsewhere();
        }
        machine.Sees = _cluster.Directory.Current;
        var others = _machines.Where(other => other.IsActive && other != machine).Select(other => other.Name).ToArray();
        machine.Others = others.Length;
        machine.Standing.Read(_cluster.Now, isActive: true, others);
    }

    private void OpenElsewhere()
    {
        var able = _machines.Where(machine => machine.IsUp && machine.IsActive && Meet(machine.Index, Table)).ToArray();
        if (able.Length == 0)
        {
            return;
        }
        _needsHome = false;
        var place = _cluster.Dice.Any(able);
        Array.ForEach(_machines, machine => machine.SetClock(_cluster.Dice));
        _cluster.Directory.Open(place, Epoch(place), first: false);
    }
}
