using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What is promised when the database is away in which silos find each other.</summary>
[Collection(nameof(Alone))]
public sealed class DatabaseTests(ITestOutputHelper output)
{
    private const string Room = "room";

    /// <summary>How long it is away.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromMinutes(1);

    /// <summary>
    /// In how long publishing works again after the database's return, where a home's silo has died without it: half of this on a machine that is not busy.
    /// </summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

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

    private static async Task<JavaScriptClient[]> JoinAsync(JavaScriptClients clients, TestMachines machines)
    {
        var members = await Task.WhenAll(machines.All.Select(machine => clients.JoinAsync(machine.Url(1), Room)));
        await Load.BeginAsync(members, Room);
        return members;
    }
}
