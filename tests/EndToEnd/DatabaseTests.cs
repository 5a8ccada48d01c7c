using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What is promised when the database is away in which silos find each other.</summary>
[Collection(nameof(Alone)), Trait("part", "machines")]
public sealed class DatabaseTests(ITestOutputHelper output)
{
    private const string Room = "room";

    /// <summary>How long it is away.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromMinutes(1);

    /// <summary>
    /// In how long publishing works again after the database's return, where a home's silo has died without it: half of this on a machine that is not busy.
    /// </summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>By then whoever is left of three machines has found out that it is alone.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    /// <summary>For how long the last of three cannot publish, at most: those of the others have to lapse.</summary>
    private static readonly TimeSpan BoundOfTheLast = TimeSpan.FromSeconds(15);

    /// <summary>In how long a home that is not sure of its place stops at the latest, with what was under way.</summary>
    private static readonly TimeSpan Stops = TimeSpan.FromSeconds(3);

    [Theory(Timeout = 240_000)]
    [InlineData("postgres")]
    [InlineData("redis")]
    public async Task While_it_is_away_who_runs_goes_on_and_who_starts_waits_and_says_so(string kind)
    {
        FullRun.Needed("DatabaseWaitTests tests the wait without processes.");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync(kind, 2, "--workers", "1");
        var members = await JoinAsync(clients, machines);

        await machines.Database.KillAsync();
        var late = machines.Add("--workers", "1");
        await late.Lines.FirstAsync(
            line => line.Text.StartsWith("[directory]", StringComparison.Ordinal) && line.Text.Contains("find each other has not answered for"),
            "the silo's word that it waits");
        for (var away = Stopwatch.StartNew(); away.Elapsed < Away;)
        {
            await Load.MoreAsync(members);
        }
        await machines.Database.StartAgainAsync();
        await late.LineAsync("ready ");
        await machines.All[0].ClusterAsync(cluster => cluster.Machines.Count == 3, "three machines");
        var fresh = await clients.JoinAsync(late.Url(1), Room);
        await fresh.CallAsync("say", Room, "late");
        await Task.WhenAll(members.Select(client => client.HearsAsync("\"late\"")));
        await Task.WhenAll(members.Select(client => client.RestAsync()));

        Assert.All(members, client => Assert.Equal(0, client.Failed.Count));
        Assert.All(members, client => Assert.Equal(0, client.Closed.Count));
        Assert.False(
            late.Lines.All.Any(line => line.Text.Contains("is started again", StringComparison.Ordinal)),
            string.Join('\n', late.Lines.All.Select(line => line.Text)));
    }

    [Fact(Timeout = 240_000)]
    public async Task When_the_silo_with_the_home_dies_while_it_is_away_publishing_works_again_soon_after_its_return()
    {
        FullRun.Needed("The same with the database there is tested every time.");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync("postgres", 2, "--workers", "1");
        var members = await JoinAsync(clients, machines);
        var home = await machines.HomeAsync(new int[2]);

        await machines.Database.KillAsync();
        OperatingSystemProcesses.Signal(machines.All[home].ProcessOf("directory"), OperatingSystemProcesses.Kill);
        await machines.All[home].LineAsync("directory  pid ", machines.All[home].Lines.Count);
        await machines.Database.StartAgainAsync();
        var returned = Stopwatch.GetTimestamp();
        await Task.WhenAll(members.Select(async client =>
        {
            var (_, at) = await client.Acknowledged.FirstAsync(acknowledged => acknowledged.At > returned, "a publish after the database's return");
            var after = Stopwatch.GetElapsedTime(returned, at);
            output.WriteLine($"{client.Name} published again {after.TotalSeconds:0.0} s after the database's return");
            Assert.True(after < Bound, $"{client.Name} could publish {after} after the database's return.");
        }));
        await Load.MoreAsync(members);
        await Task.WhenAll(members.Select(client => client.RestAsync()));
        await Histories.CheckAsync(members, members);
        Assert.All(members, client => Assert.Equal(0, client.Closed.Count));
    }

    [Fact(Timeout = 240_000)]
    public async Task Of_three_machines_the_last_goes_on_and_without_the_database_accepts_nothing_and_says_why()
    {
        FullRun.Needed("StandingTests tests the same without processes.");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync("postgres", 3, "--workers", "1");
        var members = await JoinAsync(clients, machines);
        var home = await machines.HomeAsync(new int[3]);
        var (last, client) = (machines.All[home], members[home]);

        var killed = Stopwatch.GetTimestamp();
        foreach (var process in machines.All.Where(machine => machine != last).SelectMany(machine => machine.Children.Prepend(machine.PrimaryId)))
        {
            OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Kill);
        }
        await client.Acknowledged.FirstAsync(acknowledged => Stopwatch.GetElapsedTime(killed, acknowledged.At) > Settled, "a publish when it is alone");
        var longest = Load.LongestWait(client, killed);
        output.WriteLine($"two of three machines killed: the last one's longest wait was {longest.TotalSeconds:0.0} s");
        Assert.True(longest < BoundOfTheLast, $"It could not publish for {longest}.");

        var lines = last.Lines.Count;
        await machines.Database.KillAsync();
        var away = Stopwatch.GetTimestamp();
        var said = await last.Lines.FirstAsync(
            line => line.Text.StartsWith("[directory]", StringComparison.Ordinal) && line.Text.Contains("The homes in this silo have accepted nothing"),
            "the silo's word that its homes accept nothing",
            lines);
        output.WriteLine(said.Text);
        Assert.Contains("it has not read that table for", said.Text);
        var failed = client.Failed.Count;
        await client.Failed.UntilAsync(failed + 1, "a publish that fails");
        Assert.DoesNotContain(client.Acknowledged.All, acknowledged => Stopwatch.GetElapsedTime(away, acknowledged.At) is var after && after > Stops);

        await machines.Database.StartAgainAsync();
        await Load.MoreAsync([client]);
        await client.RestAsync();
        Assert.Equal(0, client.Closed.Count);
    }

    private static async Task<JavaScriptClient[]> JoinAsync(JavaScriptClients clients, TestMachines machines)
    {
        var members = await Task.WhenAll(machines.All.Select(machine => clients.JoinAsync(machine.Url(1), Room)));
        await Load.BeginAsync(members, Room);
        return members;
    }
}
