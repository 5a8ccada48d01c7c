using System.Text.RegularExpressions;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// Deaths where workers are silos, that of the very worker that hosts the room's home among them. Starts a cluster of four silos for each test.
/// </summary>
[Collection(nameof(Alone))]
public sealed partial class ColocatedDeaths() : DeathSuite("--colocated")
{
    /// <summary>Homes say where they start.</summary>
    private static readonly (string, string)[] Telling = [("Logging__LogLevel__OrleansAdapter.Grains.HomeGrain", "Information")];

    // Where the home lay on the worker, there has to be another one first.
    protected override TimeSpan WhoIsRight => TimeSpan.FromSeconds(5);

    protected override void Begin() => FullRun.Needed("The same suite runs on the default set-up; the death of the home's worker runs always.");

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_worker_that_hosts_the_home_is_killed_the_clients_of_the_others_lose_nothing(bool andTheDirectory)
    {
        await using var clients = JavaScriptClients.Start();
        await using var cluster = await RunningCluster.StartAsync(Telling, "--colocated");
        var members = await JoinAsync(clients, cluster);
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
