using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What is promised when a worker, or the directory, is killed under load. Whatever a test kills is there again behind it.</summary>
public abstract class DeathSuite(SharedCluster shared)
{
    /// <summary>What each publisher says before and after a death, at least.</summary>
    private const int Enough = 50;

    /// <summary>The time between two looks at what no event tells.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>The room of this test.</summary>
    protected string Room { get; } = Guid.NewGuid().ToString("N");

    /// <summary>In how long a dead worker is out of all rooms.</summary>
    protected virtual TimeSpan WhoIsRight => TimeSpan.FromSeconds(1);

    /// <summary>What comes before each test of this suite.</summary>
    protected virtual void Begin()
    {
    }

    [Fact(Timeout = 120_000)]
    public async Task When_a_worker_is_killed_the_others_notice_nothing_and_who_is_right_soon()
    {
        Begin();
        var (clients, cluster) = (shared.Clients, shared.Cluster);
        var members = await JoinAsync(clients, cluster, Room);
        var lost = members.Where(m => m.Worker == 1).Select(m => m.Client).ToArray();
        var left = members.Where(m => m.Worker != 1).Select(m => m.Client).ToArray();
        JavaScriptClient[] publishers = [lost[0], .. left.Where((_, i) => i % 2 == 0)];
        await LoadAsync(publishers, Room);

        using var pauses = new MachinePauses();
        var killed = Stopwatch.GetTimestamp();
        var returned = cluster.KillAsync("worker-1");
        string[] expected = [.. left.Select(client => client.Id).Order(StringComparer.Ordinal)];
        while (!(await left[^1].WhoAsync(Room)).SequenceEqual(expected))
        {
            await Task.Delay(Look, TestContext.Current.CancellationToken);
        }
        var right = Stopwatch.GetElapsedTime(killed);

        await returned;
        pauses.CheckBound(right, WhoIsRight, $"who was right after {right}");
        await LoadAsync(publishers[1..], Room, begun: true);
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));
        await Histories.CheckAsync(publishers, left);
        Histories.Check([.. members.Select(m => Histories.Heard(m.Client))]);
        Assert.All(publishers[1..], p => Assert.Equal(0, p.Failed.Count));
        Assert.All(left, client => Assert.Equal(0, client.Closed.Count));
        await Task.WhenAll(lost.Select(client => client.Closed.UntilAsync(1, "the end of its connection")));

        var fresh = await clients.JoinAsync(cluster.Url(1), Room);
        await fresh.CallAsync("say", Room, "back");
        await Task.WhenAll(left.Select(client => client.HearsAsync("\"back\"")));
        await left[0].CallAsync("say", Room, "welcome");
        await fresh.HearsAsync("\"welcome\"");
        await CloseAsync([fresh, .. members.Select(m => m.Client)]);
    }

    [Fact(Timeout = 120_000)]
    public async Task When_the_directory_is_killed_nothing_is_lost_or_twice_and_publishing_works_within_two_seconds_of_its_return()
    {
        Begin();
        var (clients, cluster) = (shared.Clients, shared.Cluster);
        var members = (await JoinAsync(clients, cluster, Room)).Select(m => m.Client).ToArray();
        var publishers = members.Where((_, i) => i % 2 == 0).ToArray();

        for (var death = 0; death < (FullRun.IsOn ? 2 : 1); death++)
        {
            await LoadAsync(publishers, Room, begun: death > 0);
            using var pauses = new MachinePauses();
            var returned = await cluster.KillAsync("directory");
            await Task.WhenAll(publishers.Select(async publisher =>
            {
                var (_, at) = await publisher.Acknowledged.FirstAsync(a => a.At > returned.At, "a publish after the directory's return");
                var after = Stopwatch.GetElapsedTime(returned.At, at);
                pauses.CheckBound(after, TimeSpan.FromSeconds(2), $"{publisher.Name} could publish {after} after the directory's return");
            }));
        }
        await LoadAsync(publishers, Room, begun: true);
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));

        await Histories.CheckAsync(publishers, members);

        // Only where the directory takes longer to start than a publish waits (5 s) is there any.
        Assert.All(publishers.SelectMany(p => p.Failed.All), failed => Assert.Contains("outcome of a publish is unknown", failed.Error));
        Assert.All(members, client => Assert.Equal(0, client.Closed.Count));
        Assert.Equal(members.Select(client => client.Id).Order(StringComparer.Ordinal), await members[0].WhoAsync(Room));
        await CloseAsync(members);
    }

    [Fact(Timeout = 120_000)]
    public async Task When_a_worker_and_the_directory_are_killed_together_the_clients_of_the_others_lose_nothing_of_theirs()
    {
        Begin();
        var (clients, cluster) = (shared.Clients, shared.Cluster);
        var members = await JoinAsync(clients, cluster, Room);
        await KillUnderLoadAsync(cluster, members, "worker-1", "directory");
        await CloseAsync(members.Select(m => m.Client));
    }

    /// <summary>Kills a worker, and others with it, under load: the clients of the other workers lose nothing. Returns those of them who published.</summary>
    private protected async Task<JavaScriptClient[]> KillUnderLoadAsync(
        RunningCluster cluster, List<(int Worker, JavaScriptClient Client)> members, string worker, params IEnumerable<string> others)
    {
        var left = members.Where(m => worker != $"worker-{m.Worker}").Select(m => m.Client).ToArray();
        var publishers = left.Where((_, i) => i % 2 == 0).ToArray();
        await LoadAsync(publishers, Room);

        await Task.WhenAll(others.Prepend(worker).Select(child => cluster.KillAsync(child)));
        await LoadAsync(publishers, Room, begun: true);
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));

        await Histories.CheckAsync(publishers, left);
        Assert.All(left, client => Assert.Equal(0, client.Closed.Count));
        Assert.Equal(left.Select(client => client.Id).Order(StringComparer.Ordinal), await left[0].WhoAsync(Room));
        return publishers;
    }

    private protected static Task CloseAsync(IEnumerable<JavaScriptClient> clients) => Task.WhenAll(clients.Select(client => client.CloseAsync()));

    /// <summary>Two members on each worker, one after the other.</summary>
    internal static async Task<List<(int Worker, JavaScriptClient Client)>> JoinAsync(
        JavaScriptClients clients, RunningCluster cluster, string room)
    {
        var members = new List<(int, JavaScriptClient)>();
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            members.Add((worker, await clients.JoinAsync(cluster.Url(worker), room)));
            members.Add((worker, await clients.JoinAsync(cluster.Url(worker), room, "ServerSentEvents")));
        }
        return members;
    }

    /// <summary>Begins a load, where it has not begun, and waits until each publisher has said enough more.</summary>
    internal static async Task LoadAsync(IReadOnlyCollection<JavaScriptClient> publishers, string room, bool begun = false)
    {
        var before = publishers.ToDictionary(p => p, p => p.Acknowledged.Count);
        if (!begun)
        {
            await Task.WhenAll(publishers.Select(p => p.LoadAsync(room)));
        }
        await Task.WhenAll(publishers.Select(p => p.Acknowledged.UntilAsync(before[p] + Enough, "more acknowledged messages")));
    }
}
