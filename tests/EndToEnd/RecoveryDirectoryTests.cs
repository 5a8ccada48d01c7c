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
}
