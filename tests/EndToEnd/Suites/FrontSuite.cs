using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
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
            // Each hundred is served before the next: a worker that has not taken what it was given is passed over, and a busy machine makes such workers.
            var some = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RawClient.SayAsync(cluster.Port, Request)));
            clients.AddRange(some);
            await Task.WhenAll(some.Select(client => client.UntilAsync("Healthy")));
        }

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

    [Fact(Timeout = 120_000)]
    public async Task The_primary_stays_idle_while_ten_thousand_messages_go_over_connections_that_it_handed_over()
    {
        const int messages = 10_000;
        using var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri(shared.Cluster.Front.Replace("http", "ws") + "/hub"), TestContext.Current.CancellationToken);
        await SayAsync(client, """{"protocol":"json","version":1}""");
        var primary = shared.Cluster.PrimaryId;
        var before = (Waits: OperatingSystemProcesses.Waits(primary), Processor: OperatingSystemProcesses.ProcessorTime(primary));
        var watch = Stopwatch.StartNew();

        // One after the other, so that each is a segment of its own in both directions.
        for (var i = 0; i < messages; i++)
        {
            await SayAsync(client, """{"type":1,"invocationId":"1","target":"whoami","arguments":[]}""");
        }

        // What it does anyhow in this time: some timers, a few times a second.
        var anyhow = 50 * (1 + watch.Elapsed.TotalSeconds);
        Assert.InRange(OperatingSystemProcesses.WaitsSince(primary, before.Waits), 0, Math.Min((messages / 10) + anyhow, messages / 2));
        Assert.InRange((OperatingSystemProcesses.ProcessorTime(primary) - before.Processor).TotalSeconds, 0, watch.Elapsed.TotalSeconds / 4);
    }

    [Fact(Timeout = 120_000)]
    public async Task Text_of_many_bytes_a_character_arrives_whole_however_its_segments_are_cut()
    {
        const string text = "grüß 房间 🙂";
        var room = Guid.NewGuid().ToString("N");
        var member = await shared.Clients.JoinAsync(shared.Cluster.Front, room);

        using var socket = await RawClient.ConnectAsync(shared.Cluster.Port);
        await socket.DripAsync(
            Encoding.UTF8.GetBytes(
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                + "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        await socket.UntilAsync("maxPayload");
        await socket.DripAsync(Frame("40"));
        await socket.UntilAsync("40{\"sid\"");
        foreach (var packet in new[] { $"42[\"join\",\"{room}\"]", $"421[\"say\",\"{room}\",\"{text}\"]" })
        {
            await socket.DripAsync(Frame(packet));
        }
        await socket.UntilAsync("431[");

        using var get = await RawClient.ConnectAsync(shared.Cluster.Port);
        await get.DripAsync(Encoding.UTF8.GetBytes("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        await get.UntilAsync("\"sid\":\"");
        var sid = (await get.UntilAsync("\""))[..^1];
        async Task PostAsync(string packet)
        {
            using var post = await RawClient.ConnectAsync(shared.Cluster.Port);
            await post.DripAsync(Encoding.UTF8.GetBytes(
                $"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: "
                + $"{Encoding.UTF8.GetByteCount(packet)}\r\n\r\n{packet}"));
            await post.UntilAsync("\r\n\r\nok");
        }
        await PostAsync("40");
        using var poll = await RawClient.SayAsync(
            shared.Cluster.Port, $"GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await poll.UntilAsync("40{\"sid\"");
        await PostAsync($"421[\"say\",\"{room}\",\"{text}, again\"]");

        await member.Said.UntilAsync(2, "both texts");
        Assert.Equal([text, text + ", again"], member.Said.All.Select(said => JsonSerializer.Deserialize<string>(said)));
        Assert.Contains(text, await socket.UntilAsync(text + ", again"));
        await member.CloseAsync();
    }

    /// <summary>What a process may open meanwhile for other reasons: far less than one descriptor for each connection.</summary>
    private const int Some = 20;
    /// <summary>Sends a message of SignalR's and waits for the answer.</summary>
    private static async Task SayAsync(ClientWebSocket socket, string message)
    {
        var buffer = new byte[4096];
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(message + "\u001e"), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        Assert.NotEqual(WebSocketMessageType.Close, (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken)).MessageType);
    }

    /// <summary>A client's frame of text, masked with zeros.</summary>
    private static byte[] Frame(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.InRange(bytes.Length, 0, 125);
        return [0x81, (byte)(0x80 | bytes.Length), 0, 0, 0, 0, .. bytes];
    }
}

/// <summary>Official clients through the front port, which sends them anywhere.</summary>
public abstract class FrontClientsSuite(SharedCluster shared)
{
    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 120_000)]
    public async Task Clients_of_every_kind_talk_through_one_port()
    {
        List<JavaScriptClient> members = [];
        foreach (var transport in new[] { "WebSockets", "ServerSentEvents", "LongPolling" })
        {
            members.Add(await shared.Clients.JoinAsync(shared.Cluster.Front, _room, transport));
            members.Add(await shared.Clients.JoinAsync(shared.Cluster.Front, _room, transport));
        }
        foreach (var transport in new[] { "websocket", "polling", "upgrade" })
        {
            members.Add(await shared.SocketIO.JoinAsync(shared.Cluster.Front, _room, transport));
            members.Add(await shared.SocketIO.JoinAsync(shared.Cluster.Front, _room, transport));
        }

        for (var i = 0; i < members.Count; i++)
        {
            await members[i].CallAsync("say", _room, i);
        }

        foreach (var member in members)
        {
            await member.Said.UntilAsync(members.Count, "what all said");
            Assert.Equal(Enumerable.Range(0, members.Count).Select(i => $"{i}"), member.Said.All);
        }
        var servers = await Task.WhenAll(members.Select(async member => (await member.CallAsync("whoami"))!["server"]!.GetValue<string>()));
        Assert.Equal(RunningCluster.Workers, servers.Distinct().Count());
        await Task.WhenAll(members.Select(member => member.CloseAsync()));
    }
}
