using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>Rooms across workers, with official clients.</summary>
public abstract class RoomSuite(SharedCluster shared)
{
    private readonly string _room = Guid.NewGuid().ToString("N");

    [Theory(Timeout = 120_000)]
    [InlineData("WebSockets")]
    [InlineData("ServerSentEvents")]
    [InlineData("LongPolling")]
    public async Task What_a_client_says_on_one_worker_is_heard_on_all_workers(string transport)
    {
        var members = new List<JavaScriptClient>();
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            members.Add(await shared.Clients.JoinAsync(shared.Cluster.Url(worker), _room, transport));
        }
        var stranger = await shared.Clients.JoinAsync(shared.Cluster.Url(1), _room + "-other", transport);

        foreach (var speaker in members)
        {
            await speaker.CallAsync("say", _room, new { from = speaker.Id, text = "grüß 房间 🙂" });
        }
        await stranger.CallAsync("say", _room + "-other", 1);

        await stranger.HearsAsync("1");
        foreach (var member in members)
        {
            await member.Said.UntilAsync(members.Count, "what all members said");
            Assert.Equal(members.Select(m => m.Id), member.Said.All.Select(said => System.Text.Json.Nodes.JsonNode.Parse(said)!["from"]!.GetValue<string>()));
        }
        Assert.Equal(1, stranger.Said.Count);
        await CloseAsync([.. members, stranger]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Everybody_hears_the_same_order_while_clients_of_every_worker_publish()
    {
        var members = new List<JavaScriptClient>();
        for (var i = 0; i < 3 * RunningCluster.Workers; i++)
        {
            members.Add(await shared.Clients.JoinAsync(shared.Cluster.Url(1 + (i % RunningCluster.Workers)), _room));
        }
        var publishers = members.Take(RunningCluster.Workers).ToArray();

        await Task.WhenAll(publishers.Select(p => p.LoadAsync(_room, every: 2)));
        await Task.WhenAll(publishers.Select(p => p.Acknowledged.UntilAsync(200, "200 acknowledged messages")));
        await Task.WhenAll(publishers.Select(p => p.RestAsync()));

        await Histories.CheckAsync(publishers, members);
        Assert.All(publishers, p => Assert.Equal(0, p.Failed.Count));
        Assert.All(members, m => Assert.Equal(members[0].Said.All, m.Said.All));
        await CloseAsync(members);
    }

    [Fact(Timeout = 120_000)]
    public async Task Calls_are_acknowledged_when_they_hold_on_all_workers()
    {
        var one = await shared.Clients.OpenAsync(shared.Cluster.Url(1));
        var other = await shared.Clients.OpenAsync(shared.Cluster.Url(2), "LongPolling");

        Assert.Empty(await one.WhoAsync(_room));
        await one.CallAsync("join", _room);
        Assert.Equal([one.Id], await other.WhoAsync(_room));
        await other.CallAsync("join", _room);
        await one.CallAsync("say", _room, 1);
        await one.CallAsync("leave", _room);
        await other.CallAsync("say", _room, 2);
        Assert.Equal([other.Id], await one.WhoAsync(_room));
        await other.CloseAsync();

        await other.HearsAsync("2");
        Assert.Equal(["1", "2"], other.Said.All);
        Assert.Equal(["1"], one.Said.All);
        await UntilEmptyAsync(one);
        await one.CloseAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_client_learns_its_connection_id_and_its_worker()
    {
        var client = await shared.Clients.OpenAsync(shared.Cluster.Url(2));

        var identity = (await client.CallAsync("whoami"))!;

        Assert.Equal(client.Id, identity["socket"]!.GetValue<string>());
        Assert.Equal("worker-2", identity["server"]!.GetValue<string>());
        Assert.True(SocketId.TryParse(client.Id, out _));
        await client.CloseAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_payload_is_any_JSON()
    {
        var one = await shared.Clients.JoinAsync(shared.Cluster.Url(1), _room);
        var other = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        object?[] payloads = [null, true, 1.5, "", "text", Array.Empty<int>(), new { a = new object?[] { 1, null, new { b = "c" } } }, new string('x',
            500_000)];

        foreach (var payload in payloads)
        {
            await one.CallAsync("say", _room, payload);
        }

        await other.Said.UntilAsync(payloads.Length, "all payloads");
        Assert.Equal(payloads.Select(payload => System.Text.Json.JsonSerializer.Serialize(payload)), other.Said.All);
        await CloseAsync([one, other]);
    }

    /// <summary>A client that leaves is taken out behind its last answer, so that there is nothing to await but the room.</summary>
    private async Task UntilEmptyAsync(JavaScriptClient asker)
    {
        while ((await asker.WhoAsync(_room)).Length > 0)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static Task CloseAsync(IEnumerable<JavaScriptClient> clients) => Task.WhenAll(clients.Select(client => client.CloseAsync()));
}
