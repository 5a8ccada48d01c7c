using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>The front port of a real cluster: whose connections go where, and what becomes of their descriptors.</summary>
public abstract class FrontSuite(SharedCluster shared)
{
    private const int Many = 2000;
    private const string Request = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

    [Fact(Timeout = 120_000)]
    public async Task Two_thousand_connections_are_spread_within_one_of_even_and_no_descriptor_stays_behind()
    {
        var cluster = shared.Cluster;
        var before = await cluster.StatusAsync(status => status.Workers.Sum(worker => worker.Connections) == 0, "all connections of other tests to end");
        int[] processes = [cluster.PrimaryId, .. before.Workers.Select(worker => worker.Pid)];
        var descriptors = processes.Select(OperatingSystemProcesses.Descriptors).ToArray();
        List<RawClient> clients = [];

        for (var i = 0; i < Many; i += 100)
        {
            clients.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RawClient.SayAsync(cluster.Port, Request))));
        }
        await Task.WhenAll(clients.Select(client => client.UntilAsync("Healthy")));

        var during = await cluster.StatusAsync();
        var connections = during.Workers.Select(worker => worker.Connections).ToArray();
        Assert.Equal(Many, connections.Sum());
        Assert.InRange(connections.Max() - connections.Min(), 0, 1);
        Assert.InRange(OperatingSystemProcesses.Descriptors(cluster.PrimaryId), 0, descriptors[0] + Some);

        clients.ForEach(client => client.Dispose());
        await cluster.StatusAsync(status => status.Workers.Sum(worker => worker.Connections) == 0, "all connections to be counted as ended");
        await OperatingSystemProcesses.UntilAsync(
            () => processes.Zip(descriptors).All(p => OperatingSystemProcesses.Descriptors(p.First) <= p.Second + Some), "descriptors to be closed");
    }

    /// <summary>What a process may open meanwhile for other reasons: far less than one descriptor for each connection.</summary>
    private const int Some = 20;
}
