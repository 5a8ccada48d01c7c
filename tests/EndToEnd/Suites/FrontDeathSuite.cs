using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What clients of the front port see when workers die.</summary>
public abstract class FrontDeathSuite(SharedCluster shared)
{
    private static readonly TimeSpan BackLimit = TimeSpan.FromSeconds(10);

    [Fact(Timeout = 120_000)]
    public async Task When_a_worker_is_killed_under_load_its_clients_are_soon_elsewhere_and_the_others_lose_nothing()
    {
        var cluster = shared.Cluster;
        for (var death = 0; death < (FullRun.IsOn ? RunningCluster.Workers : 1); death++)
        {
            var room = Guid.NewGuid().ToString("N");
            List<(JavaScriptClient Client, string Worker)> members = [];
            for (var i = 0; i < 2 * RunningCluster.Workers; i++)
            {
                var client = await shared.SocketIO.StayAsync(cluster.Front, room);
                members.Add((client, (await client.CallAsync("whoami"))!["server"]!.GetValue<string>()));
            }
            var worker = members[0].Worker;
            var fall = members.Where(m => m.Worker == worker).Select(m => m.Client).ToArray();
            var stay = members.Where(m => m.Worker != worker).Select(m => m.Client).ToArray();
            Assert.NotEmpty(stay);
            await Task.WhenAll(stay.Select(client => client.LoadAsync(room)));
            await Task.WhenAll(stay.Select(client => client.Acknowledged.UntilAsync(50, "a load")));

            using var pauses = new MachinePauses();
            var watch = Stopwatch.StartNew();
            var returned = cluster.KillAsync(worker);
            await Task.WhenAll(fall.Select(async client =>
            {
                await client.Closed.UntilAsync(1, "the end of its connection");
                await client.ReconnectsAsync();
            }));
            pauses.CheckBound(watch.Elapsed, BackLimit, $"They were back after {watch.Elapsed}");

            await Task.WhenAll(fall.Select(client => client.Joined.UntilAsync(2, "to be in the room again")));
            await Task.WhenAll(stay.Select(client => client.RestAsync()));
            await Histories.CheckAsync(stay, stay);
            Histories.CheckConnected(stay, [.. fall, .. stay]);
            Assert.All(stay, client => Assert.Equal(0, client.Closed.Count + client.Failed.Count));
            await returned;
            await Task.WhenAll(members.Select(member => member.Client.CloseAsync()));
        }
    }
}
