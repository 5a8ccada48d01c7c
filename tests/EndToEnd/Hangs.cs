using System.Net;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>A directory that is as good as dead. Nothing but that is to hang, so that no error is logged.</summary>
[Collection(nameof(Alone))]
public sealed class Hangs
{
    private const string Room = "room";

    /// <summary>The time between two looks at what no event tells.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    [Fact(Timeout = 120_000)]
    public async Task A_directory_that_hangs_is_replaced_and_nothing_is_lost_and_meanwhile_no_worker_says_that_it_is_ready()
    {
        await using var clients = JavaScriptClients.Start();
        await using var cluster = await RunningCluster.StartAsync([("OrleansAdapter__LeaseRenewal", "00:00:00.200")], "--hung", "6");
        var members = (await DeathSuite.JoinAsync(clients, cluster, Room)).Select(m => m.Client).ToArray();
        var publishers = members.Where((_, i) => i % 2 == 0).ToArray();
        await DeathSuite.LoadAsync(publishers, Room);
        var (before, hangs) = (cluster.Lines.Count, cluster.ProcessOf("directory"));

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);

        await ReadyAsync(cluster, HttpStatusCode.ServiceUnavailable);
        var line = await cluster.LineAsync($"directory  pid {hangs} ", before);
        Assert.Contains("it hangs", line.Text);
        await cluster.AnotherAsync("directory", before);
        await OperatingSystemProcesses.UntilGoneAsync([hangs]);
        await DeathSuite.LoadAsync(publishers, Room, begun: true);
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
        await using var cluster = await RunningCluster.StartAsync([("OrleansAdapter__LeaseRenewal", "00:00:00.200")], "--hung", "0", "--workers", "1");
        var hangs = cluster.ProcessOf("directory");

        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Stop);
        await ReadyAsync(cluster, HttpStatusCode.ServiceUnavailable, workers: 1);
        OperatingSystemProcesses.Signal(hangs, OperatingSystemProcesses.Continue);

        await ReadyAsync(cluster, HttpStatusCode.OK, workers: 1);
        Assert.Equal((int[])[0, 0], await RestartsAsync(cluster));
        AssertNoErrorIsLogged(cluster);
    }

    /// <summary>What hung is told of by whoever waits for it, once. It is no error of a worker each time that somebody asks whether that is ready.</summary>
    private static void AssertNoErrorIsLogged(RunningCluster cluster) =>
        Assert.DoesNotContain(cluster.Lines.All, line => line.Text.Contains(" fail: ", StringComparison.Ordinal) || line.Text.Contains(" crit: "));

    /// <summary>Waits until every worker answers so when it is asked whether it is ready, which no event tells.</summary>
    private static async Task ReadyAsync(RunningCluster cluster, HttpStatusCode expected, int workers = RunningCluster.Workers)
    {
        using var http = new HttpClient();
        await Task.WhenAll(Enumerable.Range(1, workers).Select(async worker =>
        {
            while (true)
            {
                using var answer = await http.GetAsync(cluster.Url(worker) + "/healthz/ready", TestContext.Current.CancellationToken);
                if (answer.StatusCode == expected)
                {
                    break;
                }
                await Task.Delay(Look, TestContext.Current.CancellationToken);
            }
        }));
    }

    /// <summary>How often the directory and each worker were started again.</summary>
    private static async Task<int[]> RestartsAsync(RunningCluster cluster)
    {
        var status = await cluster.StatusAsync();
        return [status.Directory!.Restarts, .. status.Workers.Select(worker => worker.Restarts)];
    }
}
