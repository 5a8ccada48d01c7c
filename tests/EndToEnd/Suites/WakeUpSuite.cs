using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>
/// How often threads go to sleep for one broadcast on a quiet cluster: each time one has to be woken, which is a good part of what a single message
/// costs (docs/PERFORMANCE.md). A count, so that what was won stays won, whatever else runs on the machine.
/// </summary>
public abstract class WakeUpSuite(SharedCluster shared)
{
    /// <summary>For one broadcast, in the directory and both workers together.</summary>
    private const int Budget = 30;

    /// <summary>What each process does anyhow, by its timers, each second.</summary>
    private const int Anyhow = 100;

    private static readonly string[] Children = ["directory", "worker-1", "worker-2"];

    [Fact(Timeout = 120_000)]
    public async Task One_broadcast_after_the_other_wakes_no_more_threads_than_it_did()
    {
        const int broadcasts = 300;
        var room = Guid.NewGuid().ToString("N");
        var publisher = await shared.Clients.JoinAsync(shared.Cluster.Url(1), room);
        var member = await shared.Clients.JoinAsync(shared.Cluster.Url(2), room);
        await SayAsync("before", 100);
        var processes = Children.Select(shared.Cluster.ProcessOf).ToArray();
        var before = processes.Select(OperatingSystemProcesses.Waits).ToArray();
        var watch = Stopwatch.StartNew();

        await SayAsync("counted", broadcasts);

        var waits = processes.Select((process, i) => OperatingSystemProcesses.WaitsSince(process, before[i])).ToArray();
        var anyhow = watch.Elapsed.TotalSeconds * Anyhow;
        var each = waits.Select(count => string.Create(CultureInfo.InvariantCulture, $"{(count - anyhow) / broadcasts:F1}"));
        TestContext.Current.TestOutputHelper!.WriteLine($"{string.Join(", ", Children)}: {string.Join(", ", each)}");
        await Task.WhenAll(publisher.CloseAsync(), member.CloseAsync());
        Assert.True(waits.Sum() >= broadcasts, $"Threads went to sleep {waits.Sum()} times for {broadcasts} broadcasts: they are not all counted.");
        var sum = (waits.Sum() - (anyhow * processes.Length)) / broadcasts;
        Assert.True(sum <= Budget, $"Threads went to sleep {sum:0.0} times for one broadcast; {Budget} are too many.");

        async Task SayAsync(string word, int times)
        {
            for (var i = 0; i < times; i++)
            {
                await publisher.CallAsync("say", room, $"{word} {i}");
                await member.HearsAsync($"\"{word} {i}\"");
            }
        }
    }
}
