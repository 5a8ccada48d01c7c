using System.Net;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>Deaths on the default set-up, and a directory that is as good as dead.</summary>
[Collection(nameof(Alone))]
public sealed class Deaths() : DeathSuite()
{
    [Fact(Timeout = 120_000)]
    public async Task A_directory_that_hangs_is_replaced_and_nothing_is_lost_and_meanwhile_no_worker_says_that_it_is_ready()
    {
        await using var clients = JavaScriptClients.Start();
        await using var cluster = await RunningCluster.StartAsync([("OrleansAdapter__LeaseRenewal", "00:00:00.200")], "--hung", "6");
        var members = (await JoinAsync(clients, cluster)).Select(m => m.Client).ToArray();
        var publishers = members.Where((_, i) => i % 2 == 0).ToArray();
        await LoadAsync(publishers);
        var (before, hangs) = (cluster.Lines.Count, cluster.ProcessOf("directory"));

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);

        await ReadyAsync(cluster, HttpStatusCode.ServiceUnavailable);
        var line = await cluster.LineAsync($"directory  pid {hangs} ", before);
        Assert.Contains("it hangs", line.Text);
        await cluster.AnotherAsync("directory", before);
        await OperatingSystemProcesses.UntilGoneAsync([hangs]);
        await LoadAsync(publishers, begun: true);
        await ReadyAsync(cluster, HttpStatusCode.OK);
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));
        await Histories.CheckAsync(publishers, members);
        Assert.All(publishers.SelectMany(p => p.Failed.All), failed => Assert.Contains("outcome of a publish is unknown", failed.Error));
        Assert.All(members, client => Assert.Equal(0, client.Closed.Count));
        Assert.Equal(members.Select(client => client.Id).Order(StringComparer.Ordinal), await members[0].WhoAsync(Room));
        Assert.Equal((int[])[1, 0, 0, 0], await RestartsAsync(cluster));
        AssertNoErrorIsLogged(cluster);
    }

    [Fact(Timeout = 120_000)]
    public async Task With_hung_0_a_directory_that_hangs_may_take_its_time()
    {
        await using var cluster = await RunningCluster.StartAsync([("OrleansAdapter__LeaseRenewal", "00:00:00.200")], "--hung", "0");
        var hangs = cluster.ProcessOf("directory");

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);
        await ReadyAsync(cluster, HttpStatusCode.ServiceUnavailable);
        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Continue);

        await ReadyAsync(cluster, HttpStatusCode.OK);
        Assert.Equal((int[])[0, 0, 0, 0], await RestartsAsync(cluster));
        AssertNoErrorIsLogged(cluster);
    }

    /// <summary>What hung is told of by whoever waits for it, once. It is no error of a worker each time that somebody asks whether that is ready.</summary>
    private static void AssertNoErrorIsLogged(RunningCluster cluster) =>
        Assert.DoesNotContain(cluster.Lines.All, line => line.Text.Contains(" fail: ", StringComparison.Ordinal) || line.Text.Contains(" crit: "));

    /// <summary>Waits until every worker answers so when it is asked whether it is ready, which no event tells.</summary>
    private static async Task ReadyAsync(RunningCluster cluster, HttpStatusCode expected)
    {
        using var http = new HttpClient();
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            HttpStatusCode? code = null;
            while (code != expected)
            {
                using var answer = await http.GetAsync(cluster.Url(worker) + "/healthz/ready", TestContext.Current.CancellationToken);
                code = answer.StatusCode;
            }
        }
    }

    /// <summary>How often the directory and each worker were started again.</summary>
    private static async Task<int[]> RestartsAsync(RunningCluster cluster)
    {
        var status = await cluster.StatusAsync();
        return [status.Directory!.Restarts, .. status.Workers.Select(worker => worker.Restarts)];
    }
}
