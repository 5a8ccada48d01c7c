using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>Official clients behind a load balancer that knows nothing of sessions.</summary>
public abstract class NoAffinitySuite(SharedCluster shared)
{
    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 120_000)]
    public async Task Clients_of_both_kinds_and_all_transports_need_no_affinity()
    {
        await using var proxy = await RoundRobinProxy.StartAsync([.. Enumerable.Range(1, RunningCluster.Workers).Select(shared.Cluster.Url)]);
        List<JavaScriptClient> members = [];
        foreach (var transport in new[] { "polling", "upgrade", "websocket" })
        {
            members.Add(await shared.SocketIO.JoinAsync(proxy.Url, _room, transport));
        }
        foreach (var transport in new[] { "LongPolling", "ServerSentEvents", "WebSockets" })
        {
            members.Add(await shared.Clients.JoinAsync(proxy.Url, _room, transport));
        }
        Assert.Equal("websocket", await members[1].TransportAsync());

        // Names are given out by each process of clients; only one of each name may publish.
        var publishers = members.DistinctBy(member => member.Name).ToArray();
        await Task.WhenAll(publishers.Select(publisher => publisher.LoadAsync(_room)));
        await Task.WhenAll(publishers.Select(publisher => publisher.Acknowledged.UntilAsync(30, "30 acknowledged messages")));
        await Task.WhenAll(publishers.Select(publisher => publisher.RestAsync()));

        await Histories.CheckAsync(publishers, members);
        Assert.All(publishers, publisher => Assert.Equal(0, publisher.Failed.Count));
        Assert.All(members, member => Assert.Equal(0, member.Closed.Count));
        Assert.All(proxy.Requests, count => Assert.True(count > 10, "The load balancer favours somebody."));
        Assert.Equal(members.Select(member => member.Id).Order(StringComparer.Ordinal), await members[0].WhoAsync(_room));
        foreach (var member in members)
        {
            await member.CloseAsync();
        }
    }
}
