using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What is promised to the clients of the other machines when one of three is cut off and comes back. Only where the test may make networks.</summary>
[Collection(nameof(Alone)), Trait("part", "machines")]
public sealed class CutTests(ITestOutputHelper output)
{
    private const string Room = "room";

    /// <summary>
    /// In how long a home that is cut off stops at the latest: what its silo read or heard last counts for 1.1 s, and what was under way then may yet be told.
    /// </summary>
    private static readonly TimeSpan Stops = TimeSpan.FromSeconds(3);

    /// <summary>In how long the others publish again: 8 s on a machine that is not busy; here there may be others.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Theory(Timeout = 300_000)]
    [InlineData(Cut.Whole, 5)]
    [InlineData(Cut.Whole, 25)]
    [InlineData(Cut.Whole, 60)]
    [InlineData(Cut.FromPeers, 25)]
    [InlineData(Cut.Inwards, 25)]
    public async Task The_clients_of_the_others_keep_their_connections_and_lose_nothing_and_who_was_cut_off_comes_back(Cut cut, int seconds)
    {
        FullRun.Needed("Deaths of silos and machines, without a network between them, are tested every time.");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartOnNetworkAsync("postgres", 3, "--workers", "1");
        var members = await Task.WhenAll(machines.All.Select(machine => clients.JoinAsync(machine.Url(1), Room)));
        var seen = new int[3];
        var home = await machines.HomeAsync(seen);
        var others = members.Where((_, i) => i != home).ToArray();
        await Load.BeginAsync(members, Room);

        await machines.Network.SetAsync(home + 1, cut, isCut: true);
        var (began, lone) = (Stopwatch.GetTimestamp(), members[home]);
        var mending = MendAsync(machines.Network, home + 1, cut, TimeSpan.FromSeconds(seconds));
        await Load.MoreAsync(others);
        var longest = others.Max(client => Load.LongestWait(client));
        output.WriteLine($"{cut} for {seconds} s: the others' longest wait between two publishes was {longest.TotalSeconds:0.0} s");
        Assert.True(longest < Bound, $"The others could not publish for {longest}.");
        var mended = await mending;
        Assert.DoesNotContain(
            lone.Acknowledged.All, acknowledged => acknowledged.At < mended && Stopwatch.GetElapsedTime(began, acknowledged.At) > Stops);

        await machines.All[home].ClusterAsync(
            cluster => cluster.Machines.Count(machine => machine.Silos.Any(silo => silo.State == "active") && machine.Servers.Count == 1) == 3,
            "three machines");
        output.WriteLine($"{cut} for {seconds} s: all three were there again after {Stopwatch.GetElapsedTime(began).TotalSeconds - seconds:0.0} s");
        await Load.MoreAsync(others);
        await Task.WhenAll(others.Select(client => client.RestAsync()));
        await lone.RestAsync();
        await Histories.CheckAsync(members, others); // what was acknowledged on the cut-off machine as well
        Assert.All(others, client => Assert.Equal(0, client.Closed.Count));
        var fresh = await clients.JoinAsync(machines.All[home].Url(1), Room);
        await fresh.CallAsync("say", Room, "back");
        await Task.WhenAll(others.Select(client => client.HearsAsync("\"back\"")));
    }

    private static async Task<long> MendAsync(TestNetwork network, int machine, Cut cut, TimeSpan after)
    {
        await Task.Delay(after, TestContext.Current.CancellationToken); // that is what is tested
        var mended = Stopwatch.GetTimestamp();
        await network.SetAsync(machine, cut, isCut: false);
        return mended;
    }
}
