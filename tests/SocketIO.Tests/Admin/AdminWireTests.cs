using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Admin;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>What Socket.IO's admin UI is told over three servers, whichever it is connected to, and what it has done.</summary>
public sealed class AdminWireTests : IAsyncLifetime
{
    private readonly List<TestSocket> _clients = [];
    private SocketIOCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await AdminCluster.StartAsync(3);

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(_cluster[i].Log.Errors);
        }
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task It_is_told_the_features_all_sockets_with_their_rooms_and_the_figures_of_each_server()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (socket, id) = await JoinAsync(i);
            await AskAsync(socket, "join", $"room-{i}");
            await AskAsync(socket, "note", new { of = i });
            ids.Add(id.ToString());
        }

        await using var page = await AdminPage.OpenAsync(_cluster[1]);

        var features = (await page.HearsAsync("config"))[0].GetProperty("supportedFeatures");
        Assert.Equal(
            """["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT","AGGREGATED_EVENTS","ALL_EVENTS"]""", features.GetRawText());
        var all = (await page.HearsAsync("all_sockets"))[0].EnumerateArray().Where(socket => Text(socket, "nsp") == "/").ToArray();
        Assert.Equal(ids.Order(StringComparer.Ordinal), all.Select(socket => Text(socket, "id")).Order(StringComparer.Ordinal));
        for (var i = 0; i < 3; i++)
        {
            var socket = Assert.Single(all, socket => Text(socket, "id") == ids[i]);
            Assert.Equal("websocket", Text(socket, "transport"));
            Assert.Equal(12, Text(socket, "clientId").Length);
            Assert.Equal($$$"""{"note":{"of":{{{i}}}}}""", socket.GetProperty("data").GetRawText());
            Assert.Equal(
                [ids[i], $"room-{i}"], socket.GetProperty("rooms").EnumerateArray().Select(room => room.GetString()!));
            Assert.Equal("127.0.0.1", Text(socket.GetProperty("handshake"), "address"));
        }
        for (var i = 0; i < 3; i++)
        {
            var stats = (await page.HearsAsync("server_stats", told => Text(told[0], "serverId") == _cluster[i].IO.Cluster.Options.ServerName))[0];
            Assert.Equal(Environment.ProcessId, stats.GetProperty("pid").GetInt32());
        }
    }

    [Fact]
    public async Task What_stands_for_a_clients_identity_never_leaves()
    {
        const string Secret = "s3cr3t";
        await using var client = await TestSocket.ConnectAsync(
            _cluster[0].Address,
            $"/socket.io/?EIO=4&transport=websocket&access_token={Secret}&invite={Secret}",
            options =>
            {
                options.SetRequestHeader("Cookie", $"session={Secret}");
                options.SetRequestHeader("Authorization", $"Bearer {Secret}");
                options.SetRequestHeader("X-Api-Key", Secret);
                options.SetRequestHeader("User-Agent", "a browser");
            });
        var engine = JsonSerializer.Deserialize<JsonElement>((await client.ReceiveTextAsync())[1..]).GetProperty("sid").GetString()!;
        await client.SendAsync($$"""40{"token":"{{Secret}}"}""");
        await client.ReceiveTextAsync();

        await using var page = await AdminPage.OpenAsync(_cluster[2]);
        var all = (await page.HearsAsync("all_sockets"))[0];

        var handshake = Assert.Single(all.EnumerateArray(), socket => Text(socket, "nsp") == "/").GetProperty("handshake");
        Assert.Equal("""{"user-agent":"a browser"}""", handshake.GetProperty("headers").GetRawText());
        Assert.Equal(
            """{"EIO":"4","transport":"websocket","access_token":"(not shown)","invite":"(not shown)"}""", handshake.GetProperty("query").GetRawText());
        Assert.Equal("/socket.io/", Text(handshake, "url"));
        Assert.DoesNotContain(Secret, all.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(engine, all.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_told_in_order_what_happens_to_the_sockets_of_another_server()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");

        var (client, id) = await JoinAsync(2);
        await AskAsync(client, "join", "lobby");
        await AskAsync(client, "note", "a note");
        await client.SendAsync("""42["echo",1,{"two":[3]}]""");
        Assert.Equal("""42["echoed",1,{"two":[3]}]""", await client.ReceiveTextAsync());
        await AskAsync(client, "leave", "lobby");
        var updated = await page.HearsAsync("socket_updated", told => Text(told[0], "id") == id.ToString() && told[0].TryGetProperty("data", out _));
        await client.SendAsync("41");
        await page.HearsAsync("room_left", told => told[1].GetString() == id.ToString());

        // What is seen by looking at it now and then, its data, has no place in the order.
        var told =
            from one in page.Told
            where one[0].GetString() is not ("server_stats" or "socket_updated")
            where one.Any(part => part.GetRawText().Contains(id.ToString(), StringComparison.Ordinal))
            let isWhole = !one[0].ValueEquals("socket_connected")
            select string.Join(' ', one.Take(isWhole ? one.Length - 1 : 1).Select(part => part.ToString()));
        Assert.Equal(
            [
                "socket_connected",
                $"event_received / {id} [\"join\",\"lobby\"]",
                $"room_joined / lobby {id}",
                $"event_received / {id} [\"note\",\"a note\"]",
                $"event_received / {id} [\"echo\",1,{{\"two\":[3]}}]",
                $"event_sent / {id} [\"echoed\",1,{{\"two\":[3]}}]",
                $"event_received / {id} [\"leave\",\"lobby\"]",
                $"room_left / lobby {id}",
                $"socket_disconnected / {id} client namespace disconnect",
                $"room_left / {id} {id}",
            ],
            told);
        Assert.Equal("""{"note":"a note"}""", updated[0].GetProperty("data").GetRawText());
        var received = await page.HearsAsync("event_received");
        Assert.EndsWith("Z", received[3].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_makes_sockets_of_another_server_join_leave_hear_and_go()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");
        var (client, id) = await JoinAsync(1);
        var (other, otherId) = await JoinAsync(2);
        await page.HearsAsync("socket_connected", told => Text(told[0], "id") == id.ToString());
        await page.HearsAsync("socket_connected", told => Text(told[0], "id") == otherId.ToString());

        Assert.Equal("[]", await page.ActAsync("join", "/", "vip", id.ToString()));
        await page.HearsAsync("room_joined", told => told[1].GetString() == "vip" && told[2].GetString() == id.ToString());
        Assert.Equal("[]", await page.ActAsync("emit", "/", "vip", "hello", "there", new { n = 1 }));
        Assert.Equal("""42["hello","there",{"n":1}]""", await client.ReceiveTextAsync());
        Assert.Equal("[]", await page.ActAsync("emit", "/", null, "to", "all"));
        Assert.Equal("""42["to","all"]""", await client.ReceiveTextAsync());
        Assert.Equal("""42["to","all"]""", await other.ReceiveTextAsync());
        Assert.Equal("[]", await page.ActAsync("leave", "/", "vip", id.ToString()));
        await page.HearsAsync("room_left", told => told[1].GetString() == "vip");
        Assert.Equal("[]", await page.ActAsync("_disconnect", "/", false, id.ToString()));
        Assert.Equal("41", await client.ReceiveTextAsync());
        await page.HearsAsync("socket_disconnected", told => told[1].GetString() == id.ToString() && told[2].ValueEquals("server namespace disconnect"));
        Assert.Equal("[]", await page.ActAsync("_disconnect", "/", true));
        Assert.Equal("41", await other.ReceiveTextAsync());
        Assert.Null(await other.ReceiveAsync());
        await page.HearsAsync("socket_disconnected", told => told[1].GetString() == otherId.ToString());
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_to_who_asked()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);

        Assert.Equal("""[{"error":"There is no namespace /nowhere."}]""", await page.ActAsync("join", "/nowhere", "room"));
        Assert.Equal("""[{"error":"There is no namespace /admin,servers."}]""", await page.ActAsync("_disconnect", "/admin,servers", true));
        Assert.StartsWith("[{\"error\":", await page.ActAsync("join", "/", ""), StringComparison.Ordinal);
        Assert.Contains("is a reserved event name", await page.ActAsync("emit", "/", null, "connect"), StringComparison.Ordinal);
        Assert.StartsWith("[{\"error\":", await page.ActAsync("join", 1, 2), StringComparison.Ordinal);
        Assert.StartsWith("[{\"error\":", await page.ActAsync("emit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_that_only_another_server_has_is_acted_on_there()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");
        var (client, id) = await JoinAsync(2, "/tenant-7");
        await page.HearsAsync("server_stats", told => told[0].GetProperty("namespaces").GetRawText().Contains("/tenant-7", StringComparison.Ordinal));
        await page.HearsAsync("socket_connected", told => Text(told[0], "id") == id.ToString());

        Assert.Equal("[]", await page.ActAsync("emit", "/tenant-7", id.ToString(), "hello", 1));

        Assert.Equal("42/tenant-7,[\"hello\",1]", await client.ReceiveTextAsync());
        Assert.DoesNotContain(_cluster[0].IO.Cluster.Namespaces, one => one.Name == "/tenant-7");
    }

    [Fact]
    public async Task Connections_of_a_hub_are_shown_in_its_namespace_with_what_they_call_and_hear()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");
        using var hub = new ClientWebSocket();
        var url = new Uri(new UriBuilder(_cluster[1].Address) { Scheme = "ws" }.Uri, "/hub?access_token=s3cr3t");
        await hub.ConnectAsync(url, TestContext.Current.CancellationToken);
        await SayAsync("""{"protocol":"json","version":1}""");
        await SayAsync("""{"type":1,"invocationId":"1","target":"Join","arguments":["group"]}""");
        await SayAsync("""{"type":1,"invocationId":"2","target":"Say","arguments":["group","hello"]}""");

        var connected = (await page.HearsAsync("socket_connected"))[0];
        var id = Text(connected, "id");
        Assert.Equal(("/AdminHub", "websocket"), (Text(connected, "nsp"), Text(connected, "transport")));
        Assert.DoesNotContain("s3cr3t", connected.GetRawText(), StringComparison.Ordinal);
        await page.HearsAsync("room_joined", told => told[0].GetString() == "/AdminHub" && told[1].GetString() == "group" && told[2].GetString() == id);
        var called = await page.HearsAsync("event_received", told => told[2][0].ValueEquals("Say"));
        Assert.Equal($"/AdminHub {id} [\"Say\",\"group\",\"hello\"]", string.Join(' ', called.Take(3)));
        var said = await page.HearsAsync("event_sent");
        Assert.Equal($"/AdminHub {id} [\"said\",\"hello\"]", string.Join(' ', said.Take(3)));

        Assert.Equal("[]", await page.ActAsync("_disconnect", "/AdminHub", false, id));
        await page.HearsAsync("socket_disconnected", told => told[1].GetString() == id && told[2].GetString() == "ServerNamespaceDisconnect");

        Task SayAsync(string message) => hub.SendAsync(
            System.Text.Encoding.UTF8.GetBytes(message + "\x1e"), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_was_lost_on_the_way_is_noticed_and_everything_told_anew()
    {
        await using var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");
        await page.HearsAsync("server_stats", told => told[0].GetProperty("serverId").ValueEquals(_cluster[2].IO.Cluster.Options.ServerName));
        var channel = _cluster[2].IO.Cluster.Of("/admin,servers");
        var server = _cluster[2].IO.Cluster.Process;

        await channel.Emit("news", System.Text.Encoding.UTF8.GetBytes($$"""{"server":"{{server}}","first":1000000,"news":[["left_out","a test"]]}"""));
        var (_, id) = await JoinAsync(2);

        await page.HearsAsync("all_sockets", told => told[0].EnumerateArray().Any(socket => Text(socket, "id") == id.ToString()));
    }

    [Fact]
    public async Task While_nobody_looks_no_namespace_is_watched()
    {
        Assert.All(Namespaces(), one => Assert.Null(one.Watcher));
        var page = await AdminPage.OpenAsync(_cluster[0]);
        await page.HearsAsync("all_sockets");
        Assert.All(Namespaces().Where(one => one.Name == "/"), one => Assert.NotNull(one.Watcher));

        await page.CloseAsync();

        for (var i = 0; i < 3; i++)
        {
            var console = _cluster[i].Services.GetRequiredService<AdminConsole>();
            await UntilAsync(() => !console.IsWatching);
        }
        await UntilAsync(() => Namespaces().All(one => one.Watcher is null));
        Assert.Null(_cluster[0].IO.Engine.Traffic);
        Assert.Equal(0, Assert.Single(_cluster[0].IO.Cluster.Namespaces, one => one.Name == "/admin,servers").HeldSockets);
    }

    /// <summary>A client that stays until the test is over.</summary>
    private async Task<(TestSocket Socket, SocketId Id)> JoinAsync(int server, string @namespace = "/")
    {
        var joined = await _cluster[server].JoinAsync(@namespace);
        _clients.Add(joined.Socket);
        return joined;
    }

    private IEnumerable<Namespace> Namespaces() => Enumerable.Range(0, 3).SelectMany(i => _cluster[i].IO.Cluster.Namespaces);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task AskAsync(TestSocket socket, string @event, object argument)
    {
        await socket.SendAsync("420" + JsonSerializer.Serialize(new[] { @event, argument }));
        Assert.Equal("430[]", await socket.ReceiveTextAsync());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken); // what it waits for is not ours to be told of
        }
    }
}
