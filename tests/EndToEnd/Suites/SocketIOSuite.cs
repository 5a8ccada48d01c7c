using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>Official Socket.IO clients across workers, alone and in one room with SignalR's.</summary>
public abstract class SocketIOSuite(SharedCluster shared)
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _room = Guid.NewGuid().ToString("N");

    [Theory(Timeout = 120_000)]
    [InlineData("polling", "polling")]
    [InlineData("websocket", "websocket")]
    [InlineData("upgrade", "websocket")]
    public async Task What_a_client_says_on_one_worker_is_heard_on_all_workers(string transport, string endsWith)
    {
        var members = new List<JavaScriptClient>();
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            members.Add(await shared.SocketIO.JoinAsync(shared.Cluster.Url(worker), _room, transport));
        }
        var stranger = await shared.SocketIO.JoinAsync(shared.Cluster.Url(1), _room + "-other", transport);

        foreach (var speaker in members)
        {
            await speaker.CallAsync("say", _room, new { from = speaker.Id, text = "grüß 房间 🙂" });
        }
        await stranger.CallAsync("say", _room + "-other", 1);

        await stranger.HearsAsync("1");
        foreach (var member in members)
        {
            await member.Said.UntilAsync(members.Count, "what all members said");
            Assert.Equal(members.Select(m => m.Id), member.Said.All.Select(said => JsonNode.Parse(said)!["from"]!.GetValue<string>()));
            Assert.Equal(endsWith, await member.TransportAsync());
        }
        Assert.Equal(1, stranger.Said.Count);
        await CloseAsync([.. members, stranger]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Clients_of_old_versions_and_of_the_other_parser_are_in_one_room_with_all_others()
    {
        List<JavaScriptClient> members = [await shared.Clients.JoinAsync(shared.Cluster.Url(1), _room)];
        (string, string, int)[] others = [("3.1", "polling", 1), ("4.8", "websocket", 2), ("msgpack", "websocket", 3), ("msgpack", "polling", 1)];
        foreach (var (kind, transport, worker) in others)
        {
            var member = await shared.SocketIO.OpenKindAsync(kind, shared.Cluster.Url(worker), transport);
            await member.CallAsync("join", _room);
            members.Add(member);
        }

        foreach (var member in members)
        {
            await member.CallAsync("say", _room, new { from = member.Id, text = "grüß 房间 🙂", of = new object?[] { 1.5, -70_000, null, true } });
        }
        await members[^1].CallAsync("say", _room, new { bytes = "AQID" });

        foreach (var member in members)
        {
            await member.Said.UntilAsync(members.Count + 1, "what all members said");
            Assert.Equal(members[1].Said.All.SkipLast(1), member.Said.All.SkipLast(1));
            Assert.Equal(member == members[0] ? "\"AQID\"" : """{"bytes":"AQID"}""", member.Said.All[^1]);
        }
        Assert.Equal(members.Select(m => m.Id), members[0].Said.All.SkipLast(1).Select(said => JsonNode.Parse(said)!["from"]!.GetValue<string>()));
        await CloseAsync(members);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("polling")]
    [InlineData("websocket")]
    public async Task Clients_of_both_protocols_hear_the_same_order_in_one_room_while_all_publish(string transport)
    {
        var members = new List<JavaScriptClient>();
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            members.Add(await shared.SocketIO.JoinAsync(shared.Cluster.Url(worker), _room, transport));
            members.Add(await shared.Clients.JoinAsync(shared.Cluster.Url(worker), _room));
        }
        // Names are given out by each process of clients; only one of each name may publish.
        var publishers = members.DistinctBy(member => member.Name).ToArray();

        await Task.WhenAll(publishers.Select(p => p.LoadAsync(_room, every: 2)));
        await Task.WhenAll(publishers.Select(p => p.Acknowledged.UntilAsync(100, "100 acknowledged messages")));
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));

        await Histories.CheckAsync(publishers, members);
        Assert.All(publishers, p => Assert.Equal(0, p.Failed.Count));
        Assert.All(members, m => Assert.Equal(members[0].Said.All, m.Said.All));
        await CloseAsync(members);
    }

    [Fact(Timeout = 120_000)]
    public async Task Bytes_arrive_as_bytes_and_as_base64_at_SignalR()
    {
        var polling = await shared.SocketIO.JoinAsync(shared.Cluster.Url(1), _room, "polling");
        var socket = await shared.SocketIO.JoinAsync(shared.Cluster.Url(2), _room, "websocket");
        var hub = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        var base64 = Convert.ToBase64String(bytes);

        await socket.SayBytesAsync(_room, bytes);
        await polling.SayBytesAsync(_room, bytes);

        foreach (var member in new[] { polling, socket })
        {
            await member.Said.UntilAsync(2, "bytes");
            Assert.All(member.Said.All, said => Assert.Equal(base64, JsonNode.Parse(said)!["bytes"]!.GetValue<string>()));
        }
        await hub.Said.UntilAsync(2, "bytes");
        Assert.All(hub.Said.All, said => Assert.Equal(base64, JsonNode.Parse(said)!.GetValue<string>()));
        await CloseAsync([polling, socket, hub]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Bytes_within_objects_arrive_as_bytes_and_as_base64_at_SignalR()
    {
        var polling = await shared.SocketIO.JoinAsync(shared.Cluster.Url(1), _room, "polling");
        var socket = await shared.SocketIO.JoinAsync(shared.Cluster.Url(2), _room, "websocket");
        var hub = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        var bytes = new byte[1000];
        Random.Shared.NextBytes(bytes);
        var (all, three) = (Convert.ToBase64String(bytes), Convert.ToBase64String(bytes, 0, 3));

        await socket.SayNestedBytesAsync(_room, bytes);

        foreach (var member in new[] { polling, socket })
        {
            var of = JsonNode.Parse(await member.Said.FirstAsync(_ => true, "an object"))!["of"]!;
            Assert.Equal($$$"""[1,{"file":{"bytes":"{{{all}}}"}},{"bytes":"{{{three}}}"}]""", of.ToJsonString(Relaxed));
        }
        var heard = JsonNode.Parse(await hub.Said.FirstAsync(_ => true, "an object"))!;
        Assert.Equal($$"""[1,{"file":"{{all}}"},"{{three}}"]""", heard["of"]!.ToJsonString(Relaxed));
        await CloseAsync([polling, socket, hub]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Calls_are_acknowledged_when_they_hold_on_all_workers()
    {
        var one = await shared.SocketIO.OpenAsync(shared.Cluster.Url(1), "websocket");
        var other = await shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "polling");
        var hub = await shared.Clients.OpenAsync(shared.Cluster.Url(3));

        Assert.Empty(await one.WhoAsync(_room));
        await one.CallAsync("join", _room);
        Assert.Equal([one.Id], await other.WhoAsync(_room));
        Assert.Equal([one.Id], await hub.WhoAsync(_room));
        await other.CallAsync("join", _room);
        await one.CallAsync("say", _room, 1);
        await one.CallAsync("leave", _room);
        await hub.CallAsync("say", _room, 2);
        Assert.Equal([other.Id], await one.WhoAsync(_room));

        await other.HearsAsync("2");
        Assert.Equal(["1", "2"], other.Said.All);
        Assert.Equal(["1"], one.Said.All);
        await CloseAsync([one, other, hub]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_client_learns_its_id_and_its_worker()
    {
        var client = await shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "upgrade");

        var identity = (await client.CallAsync("whoami"))!;

        Assert.Equal(client.Id, identity["socket"]!.GetValue<string>());
        Assert.Equal("worker-2", identity["server"]!.GetValue<string>());
        Assert.True(SocketId.TryParse(client.Id, out _));
        await client.CloseAsync();
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData(7)]
    [InlineData(null)]
    public async Task An_invalid_room_is_an_error_to_the_caller(object? room)
    {
        var client = await shared.SocketIO.OpenAsync(shared.Cluster.Url(1), "websocket");

        await Assert.ThrowsAsync<ClientException>(() => client.CallAsync("join", room));
        await client.CallAsync("join", _room);
        await client.CloseAsync();
    }

    private static Task CloseAsync(IEnumerable<JavaScriptClient> clients) => Task.WhenAll(clients.Select(client => client.CloseAsync()));
}

/// <summary>Socket.IO clients of a worker that dies.</summary>
public abstract class SocketIODeathSuite(SharedCluster shared)
{
    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 120_000)]
    public async Task A_client_whose_worker_dies_reconnects_to_the_next_one_and_others_notice_nothing()
    {
        var cluster = shared.Cluster;
        var stays = await shared.SocketIO.JoinAsync(cluster.Url(1), _room, "upgrade");
        var falls = await shared.SocketIO.JoinAsync(cluster.Url(2), _room, "upgrade");
        var before = falls.Id;

        await cluster.KillAsync("worker-2");
        Assert.Equal("transport close", await falls.Closed.FirstAsync(_ => true, "the end of the connection"));
        await falls.ReconnectsAsync();
        await falls.CallAsync("join", _room);
        await stays.CallAsync("say", _room, "again");

        Assert.NotEqual(before, falls.Id);
        await falls.HearsAsync("\"again\"");
        await stays.HearsAsync("\"again\"");
        Assert.Equal(0, stays.Closed.Count);
        await Task.WhenAll(stays.CloseAsync(), falls.CloseAsync());
    }
}
