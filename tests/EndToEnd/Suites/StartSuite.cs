using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What a cluster tells of itself when it has started.</summary>
public abstract class StartSuite(SharedCluster shared)
{
    [Fact(Timeout = 120_000)]
    public void There_is_a_line_for_each_worker_before_the_one_that_says_ready()
    {
        var lines = shared.Cluster.SaidSince(0).TakeWhile(line => !line.StartsWith("ready ", StringComparison.Ordinal)).ToArray();

        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            Assert.Contains($"worker-{worker}  pid {shared.Cluster.ProcessOf($"worker-{worker}")}  {shared.Cluster.Url(worker)}", lines);
        }
        Assert.Contains($"directory  pid {shared.Cluster.ProcessOf("directory")}  a silo", lines);
        Assert.Equal(RunningCluster.Workers + 1, lines.Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task Workers_answer_their_health_checks()
    {
        using var http = new HttpClient();

        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            foreach (var path in new[] { "/healthz/live", "/healthz/ready" })
            {
                Assert.Equal("Healthy", await http.GetStringAsync(shared.Cluster.Url(worker) + path, TestContext.Current.CancellationToken));
            }
        }
    }
}
