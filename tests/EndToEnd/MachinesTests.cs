using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What is promised when a machine of several dies, or a part of it.</summary>
[Collection(nameof(Alone)), Trait("part", "machines")]
public sealed class MachinesTests(ITestOutputHelper output)
{
    private const string Room = "room";

    /// <summary>What a silo says when its homes begin to wait for a second machine.</summary>
    private const string Several = "The cluster has several machines";

    /// <summary>
    /// In how long the others publish again: a silo that vanishes is declared dead, and a new home waits for who may be left. 8 s on a machine that
    /// is not busy; here there may be others.
    /// </summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>Within this time all healthy servers have registered with a new home. It waits for 3 s for one that it does not know to be dead.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(2.5);

    /// <summary>The same where the primary is left to report its silo's death. It takes the other silo longer to find out by itself.</summary>
    private static readonly TimeSpan BoundIfReported = TimeSpan.FromSeconds(5);

    /// <summary>How long the status is asked for.</summary>
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(60);

    [Theory(Timeout = 240_000)]
    [InlineData("postgres")]
    [InlineData("redis")]
    public async Task When_the_silo_with_the_home_is_killed_and_then_its_machine_the_others_lose_nothing_and_publish_again(string kind)
    {
        if (kind != "postgres")
        {
            FullRun.Needed("The same over PostgreSQL runs every time.");
        }
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync(kind, 2, "--workers", "2");
        List<(RunningCluster Machine, JavaScriptClient Client)> members = [];
        foreach (var machine in machines.All)
        {
            members.Add((machine, await clients.JoinAsync(machine.Url(1), Room)));
            members.Add((machine, await clients.JoinAsync(machine.Url(2), Room)));
        }
        Assert.Equal(members.Select(member => member.Client.Id).Order(StringComparer.Ordinal), await members[0].Client.WhoAsync(Room));
        await CheckStatusAsync(machines);
        await machines.UseDoorsAsync(silos: 2);
        var everybody = members.Select(member => member.Client).ToArray();

        var seen = new int[machines.All.Count];
        await Load.BeginAsync(everybody, Room);
        using var pauses = new MachinePauses();
        var ill = machines.All[await machines.HomeAsync(seen)];
        var killed = Stopwatch.GetTimestamp();
        var returned = ill.KillAsync("directory");
        var dying = machines.All[await machines.HomeAsync(seen)];
        await CheckHoldAsync(dying, killed, pauses);
        await PublishAgainAsync($"{kind}, silo killed", everybody, killed, BoundIfReported, pauses);
        Assert.All(everybody, client => Assert.Equal(0, client.Closed.Count));
        await returned;
        await dying.Lines.FirstAsync(line => line.At > killed && line.Text.Contains(Several), "the home's silo to know of the other machine");
        await Load.MoreAsync(everybody); // all before these is on both machines

        var left = members.Where(member => member.Machine != dying).Select(member => member.Client).ToArray();
        killed = Stopwatch.GetTimestamp();
        foreach (var process in dying.Children.Prepend(dying.PrimaryId))
        {
            OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Kill);
        }
        Assert.NotEqual(dying, machines.All[await machines.HomeAsync(seen)]);
        await PublishAgainAsync($"{kind}, machine killed", left, killed, Bound, pauses);
        await Task.WhenAll(everybody.Select(client => client.RestAsync()));
        await Histories.CheckAsync(everybody, left); // also what was acknowledged to clients of the machine that died
        Assert.All(left.SelectMany(client => client.Failed.All), failed => Assert.Contains("outcome of a publish is unknown", failed.Error));
        Assert.All(left, client => Assert.Equal(0, client.Closed.Count));
    }

    [Fact(Timeout = 240_000)]
    public async Task When_all_machines_are_restarted_one_after_the_other_the_clients_of_the_others_hardly_notice()
    {
        FullRun.Needed("Deaths are tested every time, and they interrupt more.");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync("postgres", 3, "--workers", "1");
        var members = await Task.WhenAll(machines.All.Select(machine => clients.JoinAsync(machine.Url(1), Room)));
        await Load.BeginAsync(members, Room);
        var all = members.ToList();
        for (var machine = 0; machine < members.Length; machine++)
        {
            var others = members.Where((_, i) => i != machine).ToArray();
            using var pauses = new MachinePauses();
            var began = Stopwatch.GetTimestamp();
            var took = await machines.RestartAsync(machine, "--workers", "1");
            await Load.MoreAsync(others);
            var longest = others.Max(client => Load.LongestWait(client, began));
            output.WriteLine($"machine {machine + 1} left within {took.TotalSeconds:0.0} s; the others' longest wait was {longest.TotalSeconds:0.0} s");
            pauses.CheckBound(longest, BoundIfReported, $"The others could not publish for {longest}");
            Assert.All(others, client => Assert.Equal(0, client.Closed.Count));
            members[machine] = await clients.JoinAsync(machines.All[machine].Url(1), Room);
            all.Add(members[machine]);
            await Load.BeginAsync([members[machine]], Room);
        }
        await Task.WhenAll(members.Select(client => client.RestAsync()));
        Histories.CheckConnected(all, all);
    }

    /// <summary>Each machine's status tells of all machines.</summary>
    private static async Task CheckStatusAsync(TestMachines machines)
    {
        foreach (var machine in machines.All)
        {
            var text = await StatusAsync(machine);
            Assert.Contains("cluster  machines: 2, silos: 2, servers: ", text);
            var lines = text.Split('\n').Where(line => line.StartsWith("127.0.0.", StringComparison.Ordinal)).ToArray();
            Assert.Equal(["127.0.0.1", "127.0.0.2"], lines.Select(line => line.Split(' ')[0]));
            Assert.All(lines, line => Assert.Contains("  active  ", line));
            Assert.All(lines, line => Assert.Contains($"worker-1@{line.Split(' ')[0]}", line));
            Assert.Single(lines, line => line.EndsWith("  /", StringComparison.Ordinal));
        }
    }

    /// <summary>What is printed of the status; asked for again while the cluster has not answered in time.</summary>
    private static async Task<string> StatusAsync(RunningCluster machine)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var (exitCode, text, error) = await ProgramRun.RunAsync("Silo", machine.Temporary, ["status"]);
            Assert.True(exitCode == 0, error);
            if (!text.Contains("cluster  cannot be asked: ", StringComparison.Ordinal) || waited.Elapsed > StatusLimit)
            {
                return text;
            }
        }
    }

    /// <summary>A new home waits for nobody who has died with its silo: the server that the silo's doors were.</summary>
    private async Task CheckHoldAsync(RunningCluster machine, long killed, MachinePauses pauses)
    {
        var started = await machine.Lines.FirstAsync(line => line.At > killed && line.Text.Contains(" /: a home has started"), "a home");
        var opened = await machine.Lines.FirstAsync(line => line.At > killed && line.Text.Contains(" is open with "), "its opening");
        var hold = Stopwatch.GetElapsedTime(started.At, opened.At);
        output.WriteLine($"the new home waited for {hold.TotalSeconds:0.0} s");
        pauses.CheckBound(hold, LongestHold, $"The new home waited for {hold}");
    }

    private async Task PublishAgainAsync(string what, JavaScriptClient[] publishers, long killed, TimeSpan bound, MachinePauses pauses)
    {
        var opened = Stopwatch.GetTimestamp();
        await Task.WhenAll(publishers.Select(async client =>
        {
            var (_, at) = await client.Acknowledged.FirstAsync(acknowledged => acknowledged.At > opened, "a publish after the death");
            var after = Stopwatch.GetElapsedTime(killed, at);
            output.WriteLine($"{what}: {client.Name} published again after {after.TotalSeconds:0.0} s");
            pauses.CheckBound(after, bound, $"{client.Name} could publish {after} after the death");
        }));
        await Load.MoreAsync(publishers);
    }
}
