using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.Primary;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>What the primary tells of its workers' clients.</summary>
public abstract class StatusSuite(SharedCluster shared)
{
    private const int Worker = 2;
    private static readonly string[] SocketIOTransports = ["polling", "upgrade", "websocket"];
    private static readonly string[] SignalRTransports = ["LongPolling", "ServerSentEvents", "WebSockets"];

    [Fact(Timeout = 120_000)]
    public async Task Clients_are_counted_by_protocol_and_transport_and_a_worker_that_does_not_say_it_is_named()
    {
        var cluster = shared.Cluster;
        await cluster.StatusAsync(status => status.Workers.All(worker => worker.Clients is []), "clients of other tests to be gone");
        List<JavaScriptClient> clients = [];
        foreach (var transport in SocketIOTransports)
        {
            clients.Add(await shared.SocketIO.OpenAsync(cluster.Url(Worker), transport));
        }
        foreach (var transport in SignalRTransports)
        {
            clients.Add(await shared.Clients.OpenAsync(cluster.Url(Worker), transport));
        }

        ClientCount[] expected =
        [
            new("SignalR", "LongPolling", 1), new("SignalR", "ServerSentEvents", 1), new("SignalR", "WebSockets", 1),
            new("Socket.IO", "polling", 1), new("Socket.IO", "websocket", 2),
        ];
        var status = await cluster.StatusAsync(
            status => status.Workers.All(worker => worker.Clients is not null) && status.Workers[Worker - 1].Clients!.SequenceEqual(expected),
            "all workers to say it, and all kinds to be counted");
        Assert.All(status.Workers.Where(worker => worker.Name != $"worker-{Worker}"), worker => Assert.Equal([], worker.Clients!));
        Assert.Equal(
            "6: 1 SignalR LongPolling, 1 SignalR ServerSentEvents, 1 SignalR WebSockets, 1 Socket.IO polling, 2 Socket.IO websocket",
            StatusRole.Clients(status.Workers[Worker - 1].Clients));

        // One that hangs does not say it, and the others do.
        var frozen = cluster.ProcessOf($"worker-{Worker}");
        OperatingSystemProcesses.Signal(frozen, OperatingSystemProcesses.Stop);
        try
        {
            await cluster.StatusAsync(
                status => status.Workers.Select(worker => worker.Clients is null).SequenceEqual([false, true, false]),
                "the others to say it, and this one not");
            var (exitCode, output, error) = await ProgramRun.RunAsync("Silo", cluster.Temporary, ["status"]);
            Assert.Equal((0, ""), (exitCode, error));
            var line = output.Split('\n').Single(line => line.StartsWith($"worker-{Worker} ", StringComparison.Ordinal));
            Assert.Contains("not said  ", line, StringComparison.Ordinal);
        }
        finally
        {
            OperatingSystemProcesses.Signal(frozen, OperatingSystemProcesses.Continue);
        }
        foreach (var client in clients)
        {
            await client.CloseAsync();
        }
        await cluster.StatusAsync(status => status.Workers.All(worker => worker.Clients is []), "clients that left to be counted no more");
    }
}
