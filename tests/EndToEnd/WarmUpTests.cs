using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Hosting;

namespace OrleansAdapter.EndToEnd;

/// <summary>Workers that warm up before they take connections.</summary>
public sealed class WarmUpTests
{
    private const string WarmedUp = "OrleansAdapter.WarmUp[190]";

    [Fact(Timeout = 180_000)]
    public async Task Workers_warm_up_when_they_are_started_and_reloaded_and_not_when_one_has_died()
    {
        FullRun.Needed("That a worker warms up, and that nothing of it is seen, is tested with a silo in every run (WarmUpOnOrleansTests).");
        await using var cluster = RunningCluster.Start(
            RunningCluster.FreePort(),
            [(WarmUp.Variable, "true"), ("OrleansAdapter__WarmUp__Limit", "00:00:02"), ("Logging__LogLevel__OrleansAdapter", "Information")],
            "--workers",
            "2");
        await cluster.LineAsync("ready ");
        Assert.Equal(["worker-1", "worker-2"], Warmed(cluster).Order(StringComparer.Ordinal));
        Assert.All((await cluster.StatusAsync()).Workers, worker => Assert.Equal(0, worker.Connections));
        var homes = (await cluster.ClusterAsync(_ => true, "the cluster")).Machines.SelectMany(machine => machine.Silos).SelectMany(silo => silo.Homes);
        Assert.Equal(["/"], homes);

        await cluster.KillAsync("worker-1");
        Assert.Equal(2, Warmed(cluster).Length);

        var (code, output, error) = await ProgramRun.RunAsync(
            "Silo", cluster.Temporary, ["reload", "--port", cluster.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(code == 0, output + error);
        Assert.Equal(["worker-1", "worker-1", "worker-2", "worker-2"], Warmed(cluster).Order(StringComparer.Ordinal));
    }

    /// <summary>Which workers have said that they have warmed up.</summary>
    private static string[] Warmed(RunningCluster cluster) =>
        [.. cluster.Lines.All.Where(line => line.Text.Contains(WarmedUp, StringComparison.Ordinal)).Select(line => line.Text[1..line.Text.IndexOf(']', 1)])];
}
