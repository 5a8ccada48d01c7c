using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>A worker that is told to leave, under load.</summary>
public abstract class DrainSuite(SharedCluster shared)
{
    private const int Clients = 6;

    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 120_000)]
    public async Task Its_clients_come_back_elsewhere_and_those_of_others_miss_nothing()
    {
        var (cluster, sockets) = (shared.Cluster, shared.SocketIO);
        List<JavaScriptClient> moving = [];
        for (var i = 0; i < Clients; i++)
        {
            // Where they go to first is where the connection leads; when they come back, they are led elsewhere.
            moving.Add(await sockets.JoinAsync(cluster.Front, _room, "upgrade"));
        }
        var workers = new List<string>();
        foreach (var client in moving)
        {
            workers.Add((await client.CallAsync("whoami"))!["server"]!.GetValue<string>());
        }
        var victim = workers[0];
        var others = Enumerable.Range(1, RunningCluster.Workers).Where(worker => victim != $"worker-{worker}").ToArray();
        var leaving = moving.Where((_, i) => workers[i] == victim).ToArray();
        var number = int.Parse(victim.AsSpan("worker-".Length), System.Globalization.CultureInfo.InvariantCulture);
        var hub = await shared.Clients.JoinAsync(cluster.Url(number), _room);
        var publishers = new[] { await sockets.JoinAsync(cluster.Url(others[0]), _room, "websocket"), await sockets.JoinAsync(cluster.Url(others[1]), _room,
            "polling") };
        JavaScriptClient[] staying = [.. moving.Except(leaving), .. publishers];
        await Task.WhenAll(publishers.Select(publisher => publisher.LoadAsync(_room)));
        await Task.WhenAll(publishers.Select(publisher => publisher.Acknowledged.UntilAsync(20, "20 acknowledged messages")));

        var (process, lines) = (cluster.ProcessOf(victim), cluster.Lines.Count);
        OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Terminate);

        await cluster.LineAsync($"{victim}  pid {process}  ended with exit code 0");

        // Its lease would last for 10 s; and so much longer takes nobody to ask.
        Assert.Equal(staying.Select(client => client.Id).Order(StringComparer.Ordinal), await publishers[0].WhoAsync(_room));
        foreach (var client in leaving)
        {
            Assert.Equal("transport close", await client.Closed.FirstAsync(_ => true, "the end of its connection"));
            await client.ReconnectsAsync();
            await client.CallAsync("join", _room);
        }
        await hub.Closed.UntilAsync(1, "the end of the hub's connection");
        await Task.WhenAll(publishers.Select(publisher => publisher.RestAsync()));
        await Histories.CheckAsync(publishers, staying);
        Assert.All(publishers, publisher => Assert.Equal(0, publisher.Failed.Count));
        Assert.All(staying, client => Assert.Equal(0, client.Closed.Count));
        Assert.Equal(staying.Concat(leaving).Select(client => client.Id).Order(StringComparer.Ordinal), await publishers[1].WhoAsync(_room));
        await Task.WhenAll(staying.Concat(leaving).Select(client => client.CloseAsync()));
        await cluster.AnotherAsync(victim, lines);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_session_of_a_worker_that_is_killed_is_unknown_to_the_others_at_once_and_its_client_comes_back()
    {
        var (cluster, sockets) = (shared.Cluster, shared.SocketIO);
        await using var proxy = await RoundRobinProxy.StartAsync([.. Enumerable.Range(1, RunningCluster.Workers).Select(cluster.Url)]);
        var polling = await sockets.JoinAsync(proxy.Url, _room, "polling");
        var worker = (await polling.CallAsync("whoami"))!["server"]!.GetValue<string>();

        await cluster.KillAsync(worker);

        Assert.Contains(await polling.Closed.FirstAsync(_ => true, "the end of its connection"), new[] { "transport close", "transport error" });
        var again = await sockets.JoinAsync(proxy.Url, _room, "polling");
        Assert.Equal([again.Id], await again.WhoAsync(_room));
        await Task.WhenAll(polling.CloseAsync(), again.CloseAsync());
    }
}
