using System.Buffers;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>One run: a directory and servers on a simulated network, a plan of what they do and what befalls them, and the recording of it.</summary>
internal sealed class SimulatedCluster
{
    private readonly Dictionary<ServerId, int> _slots = [];
    private readonly Dictionary<ServerId, long> _starts = [];
    private readonly Mutation? _mutation;

    public SimulatedCluster(FaultClass faults, int seed, Mutation? mutation = null, Action<string>? trace = null)
    {
        Dice = new Dice(seed);
        _mutation = mutation;
        var settings = Settings.Draw(faults, Dice);
        Settings = mutation is null ? settings : mutation.Options(mutation.Conditions(settings));
        Network = new Network(Agenda, Dice, Settings.Links);
        Recording = new Recording(Agenda, trace);
        Directory = new SimulatedDirectory(this);
        Servers = new SimulatedServer[Settings.Servers];
        if (Settings.Machines > 1)
        {
            Machines = new SimulatedMachines(this, Settings.Machines);
            Recording.IsStrict = true;
        }
    }

    public Agenda Agenda { get; } = new();

    public Dice Dice { get; }

    public Settings Settings { get; }

    public Network Network { get; }

    public Recording Recording { get; }

    public SimulatedDirectory Directory { get; }

    /// <summary>The machines; null where there is one.</summary>
    public SimulatedMachines? Machines { get; }

    /// <summary>The servers by slot; null before they start.</summary>
    public SimulatedServer?[] Servers { get; }

    public IEnumerable<SimulatedServer> LiveServers => Servers.OfType<SimulatedServer>().Where(server => server.IsUp);

    public long Now => Agenda.Now;

    /// <summary>Runs it from the start until everything has come to rest, and checks it.</summary>
    /// <exception cref="ViolationException">A promise was broken.</exception>
    public void Run()
    {
        if (Machines is not null)
        {
            Machines.Start();
        }
        else
        {
            Directory.Start(first: true);
        }
        for (var slot = 0; slot < Servers.Length; slot++)
        {
            var started = slot;
            Agenda.At(Dice.Below(40), () => StartServer(started));
        }
        var hot = Plan.Faults(this);
        Plan.Traffic(this, hot);
        Agenda.At(Settings.QuietFrom, BecomeQuiet);
        Agenda.RunUntil(Settings.FirstLook);
        while (Checker.Unrest(this) is { } unrest)
        {
            if (Now >= Settings.LastLook)
            {
                throw new ViolationException(unrest);
            }
            Agenda.RunUntil(Now + 100);
        }
        Checker.Check(this);
    }

    /// <summary>When the process of a life started.</summary>
    public long StartOf(ServerId life) => _starts[life.Process];

    public void StartServer(int slot)
    {
        if (Servers[slot] is { IsUp: true })
        {
            return;
        }
        var life = ServerId.FromBits((Dice.Bits() << 12) | 0x1000 | 1);
        _slots[life.Process] = slot;
        _starts[life.Process] = Now;
        var server = Servers[slot] = new SimulatedServer(this, slot, life);
        Recording.Log($"SERVER {slot} STARTS: {life}");
        server.Start();
        for (var i = 1 + Dice.Below(3); i > 0; i--)
        {
            server.Connect(Plan.User(Dice));
        }
    }

    public void KillServer(int slot, bool tell, bool restart)
    {
        if (Servers[slot] is not { IsUp: true } server || Network.IsQuiet)
        {
            return;
        }
        Recording.Count("SERVER KILLED");
        Recording.Log($"SERVER {slot} DIES: {server.Life}");
        server.Kill();
        if (tell)
        {
            var process = server.Life.Process;
            for (var i = 0; i < 4; i++)
            {
                Agenda.In(Dice.Below(150) + (100 * i), () => ReportDeath(slot, process));
            }
        }
        if (restart)
        {
            Agenda.In(50 + Dice.Below(600), () => StartServer(slot));
        }
    }

    public void PauseServer(int slot, long milliseconds)
    {
        if (Servers[slot] is { IsUp: true } server && !Network.IsQuiet)
        {
            Recording.Count("SERVER PAUSED");
            Recording.Log($"SERVER {slot} PAUSES for {milliseconds}: {server.Life}");
            server.PausedUntil = Now + milliseconds;
        }
    }

    /// <summary>Does something as a server, now or when its pause is over; not at all if it has died.</summary>
    public void Whenever(SimulatedServer? server, Action action)
    {
        if (server is not { IsUp: true })
        {
            return;
        }
        if (Now < server.PausedUntil)
        {
            Agenda.At(server.PausedUntil, () => Whenever(server, action));
            return;
        }
        action();
    }

    public void ToHome(SimulatedServer server, WorkerMessage message)
    {
        if (Machines is not null && message is Register register)
        {
            message = register with { Machine = Machines.Of(server.Slot).Name };
        }
        if (Recording.IsTraced)
        {
            Recording.Log($"{server.Slot} -> {Describe.Message(message)}");
        }
        var bytes = Settings.ThroughCodec ? Encoded(output => MessageCodec.Write(output, message)) : default;
        var sentTo = Directory.Current;
        Network.Carry(server.Slot, copy => Directory.Arrive(server.Slot, sentTo, home =>
        {
            var arrived = Settings.ThroughCodec ? MessageCodec.ReadWorkerMessage(bytes) : message;
            var taken = _mutation is null ? arrived : _mutation.ToHome(home, arrived, copy);
            if (taken is not null)
            {
                home.Receive(taken);
            }
        }));
    }

    /// <summary>A server asks whether it missed something.</summary>
    public void AskHome(SimulatedServer server, ServerId life, long epoch)
    {
        var sentTo = Directory.Current;
        Network.Carry(server.Slot, _ => Directory.Arrive(server.Slot, sentTo, home => home.Check(life, epoch)));
    }

    public void ToServer(SimulatedHome from, ServerId to, HomeMessage message)
    {
        if (Recording.IsTraced)
        {
            Recording.Log($"     home -> {Describe.Message(message)}");
        }
        var sent = Recording.NextMoment();
        var bytes = Settings.ThroughCodec ? Encoded(output => MessageCodec.Write(output, message)) : default;
        var slot = _slots[to.Process];
        CarryToServer(from, slot, () => Whenever(Servers[slot], () =>
        {
            var arrived = Settings.ThroughCodec ? MessageCodec.ReadHomeMessage(bytes) : message;
            var taken = _mutation is null ? arrived : _mutation.ToServer(Servers[slot]!, arrived);
            if (taken is not null)
            {
                Servers[slot]!.Receive(taken, sent);
            }
        }));
    }

    /// <summary>A server says something about itself, or answers.</summary>
    public void ToDirectory(SimulatedServer server, ServerMessage message)
    {
        var sent = _mutation is null ? message : _mutation.ToDirectory(server, message);
        if (sent is null)
        {
            return;
        }
        if (Recording.IsTraced)
        {
            Recording.Log($"{server.Slot} -> {sent}");
        }
        var bytes = Settings.ThroughCodec ? Encoded(output => MessageCodec.Write(output, sent)) : default;
        var sentTo = Directory.Current;
        Network.Carry(
            server.Slot,
            _ => Directory.Arrive(
                server.Slot, sentTo, home => home.Servers.Receive(Settings.ThroughCodec ? MessageCodec.ReadServerMessage(bytes) : sent, Now)));
    }

    /// <summary>Answers go to whoever asked.</summary>
    public void ToServer(SimulatedHome from, ServerId process, Answers answers)
    {
        if (Recording.IsTraced)
        {
            Recording.Log($"     directory -> {process}: answers {answers.Previous} + {answers.Items.Count} of session {answers.Session}");
        }
        var bytes = Settings.ThroughCodec ? Encoded(output => MessageCodec.Write(output, answers)) : default;
        var slot = _slots[process];
        CarryToServer(from, slot, () => Whenever(Servers[slot], () =>
        {
            if (Servers[slot]!.Life.Process == process)
            {
                var arrived = Settings.ThroughCodec ? (Answers)MessageCodec.ReadServerMessage(bytes) : answers;
                Servers[slot]!.Receive(_mutation is null ? arrived : _mutation.Answers(Servers[slot]!, arrived));
            }
        }));
    }

    /// <summary>Whether a life is there, on a machine that meets another one.</summary>
    public bool CanReach(Machine machine, ServerId life) =>
        Servers[_slots[life.Process]] is { IsUp: true } server && server.Life == life && Machines!.Meet(machine.Index, Machines.Of(server.Slot).Index);

    private void CarryToServer(SimulatedHome from, int slot, Action arrive) => Network.Carry(Servers.Length + slot, _ =>
    {
        if (Machines is null || Machines.Reaches(from.Machine!.Index, Machines.Of(slot).Index))
        {
            arrive();
        }
    });

    private void ReportDeath(int slot, ServerId process)
    {
        var sentTo = Directory.Current;
        Network.Carry(slot, _ => Directory.Arrive(slot, sentTo, home => home.ReportDeath(process)));
    }

    private void BecomeQuiet()
    {
        Recording.Log("QUIET");
        Network.IsQuiet = true;
        Machines?.Mend();
        Directory.EndSuperseded();
        Directory.Resume();
        foreach (var server in LiveServers)
        {
            server.PausedUntil = Math.Min(server.PausedUntil, Now + 200);
        }
    }

    private static ReadOnlyMemory<byte> Encoded(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenMemory;
    }
}
