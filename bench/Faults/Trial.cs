using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.Bench.Faults;

/// <summary>
/// Three machines of the end-to-end tests' rig, on a network with a database beside them. On each, in its own network, are a client that publishes to a room
/// all the time and one that listens, each connected to its machine's worker.
/// </summary>
internal sealed class Trial : IAsyncDisposable
{
    public const int MachineCount = 3;
    private const string Room = "room";

    private readonly List<JavaScriptClients> _processes = [];
    private readonly List<JavaScriptClient> _all = [];
    private readonly int[] _seen = new int[MachineCount];
    private long _began;

    private Trial(TestMachines machines) => Machines = machines;

    /// <summary>What each machine runs.</summary>
    public static string[] Arguments => ["--workers", "1"];

    public TestMachines Machines { get; }

    /// <summary>The machine that had the home at first, from 0.</summary>
    public int Home { get; private set; }

    /// <summary>Each machine's client that publishes.</summary>
    public JavaScriptClient[] Publishers { get; } = new JavaScriptClient[MachineCount];

    /// <summary>Each machine's client that listens.</summary>
    public JavaScriptClient[] Listeners { get; } = new JavaScriptClient[MachineCount];

    /// <summary>Those that publish on the machines without the home.</summary>
    public JavaScriptClient[] Others => OthersOf(Home);

    /// <summary>All clients on the machines without the home.</summary>
    public JavaScriptClient[] OtherMembers => OtherMembersOf(Home);

    /// <summary>All clients.</summary>
    public JavaScriptClient[] Members => [.. Publishers, .. Listeners];

    /// <summary>Starts all of it; returns when everybody publishes and hears.</summary>
    /// <param name="database">The database: <c>postgres</c> or <c>redis</c>.</param>
    public static async Task<Trial> StartAsync(string database)
    {
        var trial = new Trial(await TestMachines.StartOnNetworkAsync(database, MachineCount, Arguments));
        try
        {
            for (var machine = 0; machine < MachineCount; machine++)
            {
                trial._processes.Add(JavaScriptClients.StartIn(trial.Machines.Network.NamespaceOf(machine + 1)));
                await trial.JoinAsync(machine);
            }
            await Load.BeginAsync(trial.Publishers, Room); // all are there, and hear all
            await trial.Machines.UseDoorsAsync(MachineCount);
            trial.Home = await trial.NextHomeAsync();
            return trial;
        }
        catch
        {
            await trial.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects a machine's clients again, and has one of them publish.</summary>
    public async Task JoinAgainAsync(int machine)
    {
        await JoinAsync(machine);
        await Load.BeginAsync([Publishers[machine]], Room);
    }

    private async Task JoinAsync(int machine)
    {
        var url = Machines.All[machine].Url(1);
        Listeners[machine] = await _processes[machine].JoinAsync(url, Room);
        Publishers[machine] = await _processes[machine].JoinAsync(url, Room);
        _all.AddRange([Listeners[machine], Publishers[machine]]);
    }

    /// <summary>Says that the fault begins now.</summary>
    public long Begin()
    {
        var now = Stopwatch.GetTimestamp();
        _began = _began == 0 ? now : _began;
        return now;
    }

    public Task<int> NextHomeAsync() => Machines.HomeAsync(_seen);

    public JavaScriptClient[] OthersOf(int machine) => [.. Publishers.Where((_, i) => i != machine)];

    public JavaScriptClient[] OtherMembersOf(int machine) => [.. OthersOf(machine), .. Listeners.Where((_, i) => i != machine)];

    /// <summary>The longest time between two publishes of one of them.</summary>
    public TimeSpan LongestWait(IEnumerable<JavaScriptClient> publishers, long since) => publishers.Max(client => Load.LongestWait(client, since));

    /// <summary>Waits until all machines are there with a silo and a worker; returns when that was.</summary>
    public async Task<long> WholeAsync()
    {
        await Machines.All[Home].ClusterAsync(
            cluster => cluster.Machines.Count(machine => machine.Silos.Any(silo => silo.State == "active") && machine.Servers.Count == 1) == MachineCount,
            "three machines");
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Ends the load, waits for what is under way, and counts what is wrong.</summary>
    /// <param name="publishers">Whose acknowledged messages have to arrive.</param>
    /// <param name="members">The clients to whom they have to, and that were connected all the time.</param>
    /// <param name="interrupted">How long publishing was interrupted.</param>
    public async Task<Outcome> JudgeAsync(JavaScriptClient[] publishers, JavaScriptClient[] members, TimeSpan interrupted)
    {
        await Task.WhenAll(publishers.Select(client => client.RestAsync()));
        var lost = await Task.WhenAll(members.Select(member => Histories.LostAsync(publishers, member)));
        return Count(members, interrupted, lost.Sum(missing => missing.Count)) with
        {
            Kept = members.Count(member => member.Closed.Count == 0),
            Of = members.Length,
        };
    }

    /// <summary>The same of clients that came and went: what each must have heard is what came between other messages of the same publisher.</summary>
    public async Task<Outcome> JudgeConnectedAsync(TimeSpan interrupted)
    {
        await Task.WhenAll(Publishers.Select(client => client.RestAsync()));
        var failed = Histories.FailedOf(_all);
        return Count(_all, interrupted, _all.Sum(member => Histories.Gaps(failed, member).Count));
    }

    /// <summary>What all machines have said since the first fault.</summary>
    public IEnumerable<(TimeSpan After, int Machine, string Text)> Said() =>
        Machines.All.SelectMany((machine, i) => machine.Lines.All.Where(line => line.At >= _began)
            .Select(line => (Stopwatch.GetElapsedTime(_began, line.At), i + 1, line.Text))).OrderBy(line => line.Item1);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        }
        finally
        {
            await Machines.DisposeAsync();
        }
    }

    private static Outcome Count(IEnumerable<JavaScriptClient> members, TimeSpan interrupted, int lost)
    {
        var histories = members.Select(Histories.Heard).ToArray();
        return new Outcome(
            interrupted,
            lost,
            histories.Sum(history => Histories.Twice(history).Count()),
            histories.Sum(history => Histories.Late(history).Count()) + Histories.InNoOrder(histories).Count,
            0,
            0);
    }
}
