using System.Text.RegularExpressions;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>Homes say where they start.</summary>
public sealed class TellingCluster() : SharedCluster([("Logging__LogLevel__OrleansAdapter.Grains.HomeGrain", "Information")], "--colocated");

/// <summary>Deaths where workers are silos, that of the very worker that hosts the room's home among them.</summary>
[Collection(nameof(Alone))]
public sealed partial class ColocatedDeaths(TellingCluster shared) : DeathSuite(shared), IClassFixture<TellingCluster>
{
    // Where the home lay on the worker, there has to be another one first.
    protected override TimeSpan WhoIsRight => TimeSpan.FromSeconds(5);

    protected override void Begin() => FullRun.Needed("The same suite runs on the default set-up; the death of the home's worker runs always.");

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_worker_that_hosts_the_home_is_killed_the_clients_of_the_others_lose_nothing(bool andTheDirectory)
    {
        if (andTheDirectory)
        {
            FullRun.Needed("The death of the home's worker alone, and that of a worker with the directory on the default set-up, run always.");
        }
        var cluster = shared.Cluster;
        var members = await JoinAsync(shared.Clients, cluster, Room);
        var host = await HostAsync(cluster);
        while (!host.StartsWith("worker-", StringComparison.Ordinal))
        {
            var before = cluster.Lines.Count;
            await cluster.KillAsync(host);
            await cluster.Lines.FirstAsync(line => HomeLine().IsMatch(line.Text), "another home", before);
            host = await HostAsync(cluster);
        }
        var publishers = await KillUnderLoadAsync(cluster, members, host, andTheDirectory ? ["directory"] : []);

        Assert.All(publishers.SelectMany(p => p.Failed.All), failed => Assert.Contains("outcome of a publish is unknown", failed.Error));
        await CloseAsync(members.Select(m => m.Client));
    }

    /// <summary>Who hosts the home of the clients' namespace.</summary>
    private static async Task<string> HostAsync(RunningCluster cluster)
    {
        await cluster.Lines.FirstAsync(line => HomeLine().IsMatch(line.Text), "where the home is");
        return HomeLine().Match(cluster.Lines.All.Last(line => HomeLine().IsMatch(line.Text)).Text).Groups["name"].Value;
    }

    [GeneratedRegex(@"^\[(?<name>directory|worker-\d+)\] .* /: a home has started", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HomeLine();
}
