using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// The directory, which knows what clients missed, is killed while one is away, or has not been handed all (docs/RECOVERY.md): the worker that had it knows
/// it as well.
/// </summary>
[Collection(nameof(PatientCluster))]
public sealed class RecoveryDirectoryTests(PatientCluster shared)
{
    private const int Limit = 180_000;

    [Fact(Timeout = Limit)]
    public async Task Who_is_away_when_the_directory_is_killed_gets_what_it_missed_and_begins_anew_when_its_worker_is_killed_as_well()
    {
        var cluster = shared.Cluster;
        await using var test = await RecoveryRun.StartAsync(cluster);
        await test.SayAsync(1, 2);
        await test.Client.HearsAsync("2");

        // Away, with more that it misses before and behind the death.
        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(3, 4);
        await cluster.KillAsync("directory");
        await test.SayAsync(5);
        test.Proxy.Target = cluster.Port + 3;
        await test.RecoversAsync();
        await test.Client.HearsAsync("5");
        Assert.Equal(["1", "2", "3", "4", "5"], test.Client.Said.All);
        Assert.Equal("worker-3", (await test.Client.CallAsync("whoami"))!["server"]!.GetValue<string>());

        // Its worker has handed out what never arrives, and does not know that.
        test.Proxy.BreakUnnoticed(RecoveryRun.Nowhere);
        await test.SayAsync(6);
        await cluster.KillAsync("directory");
        await test.SayAsync(7);
        test.Proxy.Target = cluster.Port + 1;
        await test.RecoversAsync(times: 2);
        await test.Client.HearsAsync("7");
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], test.Client.Said.All);

        // Nobody knows any more.
        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(8);
        await Task.WhenAll(cluster.KillAsync("directory"), cluster.KillAsync("worker-1"));
        var entered = test.Client.Connected.Count;
        test.Proxy.Target = cluster.Port + 3;
        await test.Client.Connected.UntilAsync(entered + 1, "to be told that it begins anew");
        var anew = test.Client.Connected.All[^1];
        Assert.False(anew.Recovered);
        Assert.NotEqual(test.Client.Id, anew.Id);
        await test.Client.CallAsync("join", test.Room);
        await test.SayAsync(9);
        await test.Client.HearsAsync("9");
        Assert.DoesNotContain("8", test.Client.Said.All);
    }

    [Fact(Timeout = Limit)]
    public async Task Who_was_away_from_a_worker_that_was_killed_before_the_directory_is_told_that_it_begins_anew_and_who_was_away_from_another_one_comes_back()
    {
        var cluster = shared.Cluster;
        await using var lost = await RecoveryRun.StartAsync(cluster, worker: 1);
        await using var kept = await RecoveryRun.StartAsync(cluster, clients: lost.Clients, publisher: lost.Publisher, worker: 3);
        await lost.SayAsync(1);
        await lost.Client.HearsAsync("1");
        await kept.SayAsync(1);
        await kept.Client.HearsAsync("1");

        lost.Proxy.Break(RecoveryRun.Nowhere);
        kept.Proxy.Break(RecoveryRun.Nowhere);
        await Task.WhenAll(lost.Client.Closed.UntilAsync(1, "its end"), kept.Client.Closed.UntilAsync(1, "its end"));
        await cluster.KillAsync("worker-1");
        await lost.SayAsync(2);
        await kept.SayAsync(2);
        await cluster.KillAsync("directory");
        (lost.Proxy.Target, kept.Proxy.Target) = (cluster.Port + 2, cluster.Port + 2);

        await kept.Client.Connected.UntilAsync(2, "to be back");
        Assert.True(kept.Client.Connected.All[^1].Recovered, cluster.Said);
        await kept.Client.HearsAsync("2");
        Assert.Equal(["1", "2"], kept.Client.Said.All);
        await lost.Client.Connected.UntilAsync(2, "to be told that it begins anew");
        var anew = lost.Client.Connected.All[^1];
        Assert.False(anew.Recovered);
        Assert.NotEqual(lost.Client.Id, anew.Id);
        await cluster.Lines.FirstAsync(line => line.Text.Contains("does not get it: Unknown", StringComparison.Ordinal), "the reason");
        await lost.Client.CallAsync("join", lost.Room);
        await lost.SayAsync(3);
        await lost.Client.HearsAsync("3");
        Assert.Equal(["1", "3"], lost.Client.Said.All);
    }
}
