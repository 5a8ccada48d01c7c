using System.Text.Json.Nodes;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>Official clients come back to their sessions on another worker (docs/RECOVERY.md), over a network that a test breaks.</summary>
[Collection(nameof(RecoveryCluster))]
public sealed class RecoveryTests(RecoveryCluster shared)
{
    private const int Limit = 120_000;

    private RunningCluster Cluster => shared.Cluster;

    [Theory(Timeout = Limit)]
    [InlineData("4.6", "websocket")]
    [InlineData("4.6", "polling")]
    [InlineData("4.6", "upgrade")]
    [InlineData("4.7", "websocket")]
    [InlineData("4.7", "polling")]
    [InlineData("4.7", "upgrade")]
    [InlineData("4.8", "websocket")]
    [InlineData("4.8", "polling")]
    [InlineData("4.8", "upgrade")]
    [InlineData("msgpack", "upgrade")]
    public async Task A_client_gets_exactly_what_it_missed(string version, string transport)
    {
        await using var test = await RecoveryRun.StartAsync(Cluster, version, transport);
        await test.SayAsync(1, 2);
        await test.Client.HearsAsync("2");

        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(3, 4);
        await test.Publisher.CallAsync("say", test.Room, new { base64 = "AQID" });
        await test.Publisher.CallAsync("move", test.Room, test.Room + "-too");
        await test.Publisher.CallAsync("say", test.Room + "-too", 5);
        test.Proxy.Target = Cluster.Port + 3;
        await test.RecoversAsync();
        await test.SayAsync(6);

        await test.Client.HearsAsync("6");
        Assert.Equal(["1", "2", "3", "4", """{"bytes":"AQID"}""", "5", "6"], test.Client.Said.All);
        var who = (await test.Client.CallAsync("whoami"))!;
        Assert.Equal("worker-3", who["server"]!.GetValue<string>());
        Assert.True(who["recovered"]!.GetValue<bool>());
        Assert.Equal(1, who["passed"]!.GetValue<int>());
        Assert.Equal(
            new[] { test.Room, test.Room + "-too", test.Client.Id }.Order(StringComparer.Ordinal),
            who["rooms"]!.AsArray().Select(room => room!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task Who_has_received_nothing_comes_back_and_gets_everything()
    {
        await using var test = await RecoveryRun.StartAsync(Cluster);

        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(1);
        test.Proxy.Target = Cluster.Port + 2;

        await test.RecoversAsync();
        await test.Client.HearsAsync("1");
    }

    [Fact(Timeout = Limit)]
    public async Task A_volatile_event_that_ends_in_a_string_does_no_harm()
    {
        await using var test = await RecoveryRun.StartAsync(Cluster);
        await test.SayAsync(1);
        await test.Publisher.CallAsync("volatile", test.Room, "a text");
        await test.Client.HearsAsync("\"a text\"");

        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(2);
        test.Proxy.Target = Cluster.Port + 2;

        await test.RecoversAsync();
        await test.Client.HearsAsync("2");
        Assert.Equal(["1", "\"a text\"", "2"], test.Client.Said.All);
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_handler_emits_to_its_own_client_is_not_lost_either()
    {
        await using var test = await RecoveryRun.StartAsync(Cluster);
        await test.Client.CallAsync("mine", 1);
        await test.Client.HearsAsync("1");

        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.Publisher.CallAsync("say", test.Client.Id, 2);
        test.Proxy.Target = Cluster.Port + 2;

        await test.RecoversAsync();
        await test.Client.CallAsync("mine", 3);
        await test.Client.HearsAsync("3");
        Assert.Equal(["1", "2", "3"], test.Client.Said.All);
    }

    [Fact(Timeout = Limit)]
    public async Task Each_namespace_of_a_connection_comes_back_with_what_was_missed_there()
    {
        await using var test = await RecoveryRun.StartAsync(Cluster);
        string[] names = ["/a", "/b"];
        List<(JavaScriptClient Client, JavaScriptClient Publisher)> others = [];
        foreach (var name in names)
        {
            var client = await test.Clients.OpenRecoverableAsync(test.Proxy.Url, @namespace: name, with: test.Client);
            await client.CallAsync("join", test.Room);
            others.Add((client, await test.Clients.OpenRecoverableAsync(Cluster.Url(2), @namespace: name)));
        }

        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(1);
        foreach (var (_, publisher) in others)
        {
            await publisher.CallAsync("say", test.Room, publisher.Name);
        }
        test.Proxy.Target = Cluster.Port + 3;

        await test.RecoversAsync();
        await test.Client.HearsAsync("1");
        foreach (var (client, publisher) in others)
        {
            var back = await client.Connected.FirstAsync(_ => true, "to be back", from: 1);
            Assert.Equal((client.Id, true), (back.Id, back.Recovered));
            await client.HearsAsync(JsonValue.Create(publisher.Name).ToJsonString());
            Assert.Single(client.Said.All);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_noticed_the_break_alone_comes_back_again_and_again_and_its_old_connection_is_closed()
    {
        await using var test = await RecoveryRun.StartAsync(Cluster);
        for (var round = 1; round <= 2; round++)
        {
            test.Proxy.BreakUnnoticed(RecoveryRun.Nowhere);
            await test.SayAsync(round);
            test.Proxy.Target = Cluster.Port + 1 + (round % RunningCluster.Workers);

            await test.RecoversAsync(round);
            await test.Client.HearsAsync($"{round}");
            await test.Proxy.ClosedByServer.UntilAsync(round, "the server to close the old connection, long before a ping would time out");
        }
        Assert.Equal(["1", "2"], test.Client.Said.All);
    }

    [Theory(Timeout = 900_000)]
    [InlineData("websocket")]
    [InlineData("polling")]
    [InlineData("upgrade")]
    public async Task A_break_at_any_byte_of_coming_back_loses_nothing(string transport)
    {
        if (transport != "websocket")
        {
            FullRun.Needed("With WebSocket alone it runs always.");
        }
        var step = FullRun.IsOn ? 1 : 127;
        await using var clients = JavaScriptClients.StartRecovering();
        var publisher = await clients.OpenRecoverableAsync(Cluster.Url(2));
        var whole = false;
        for (long bytes = 0; !whole; bytes += step * 4)
        {
            var runs = Enumerable.Range(0, 4).Select(i => BreakAtAsync(clients, publisher, transport, bytes + (i * step)));
            whole = (await Task.WhenAll(runs)).Contains(true);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Of_two_connections_that_ask_for_a_session_at_once_on_two_workers_one_has_it()
    {
        await using var clients = JavaScriptClients.StartRecovering();
        var publisher = await clients.OpenRecoverableAsync(Cluster.Url(1));
        for (var round = 1; round <= 5; round++)
        {
            using var first = await RawSocketIO.OpenAsync(Cluster.Port + 1);
            var (id, secret) = await first.EnterAsync("{}");
            first.Abort();
            using var left = await RawSocketIO.OpenAsync(Cluster.Port + 2);
            using var right = await RawSocketIO.OpenAsync(Cluster.Port + 3);

            // Each may win it in turn. Who loses it to the other before it was told of it is closed, and told nothing.
            var given = await Task.WhenAll(
                new[] { left, right }.Select(async socket => (Socket: socket, (await socket.TryEnterAsync("{\"pid\":\"" + secret + "\"}"))?.Id)));
            await publisher.CallAsync("say", id, round);

            var holders = given.Where(claim => claim.Id == id).ToArray();
            Assert.NotEmpty(holders);
            Assert.Single(await Task.WhenAll(holders.Select(holder => holder.Socket.ReceivesAsync($$"""42["said",{{round}},"""))), received => received);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("""{"pid":"AAAAAAAAAAAAAAAAAAAAAA","offset":"AAAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData("""{"pid":"AAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData("""{"pid":{"a":1},"offset":[2]}""")]
    [InlineData("""{"pid":"SECRET","offset":"______________________"}""")]
    [InlineData("""{"pid":"SECRET","offset":"f_________9__________w"}""")]
    [InlineData("""{"pid":"SECRET","offset":"not an offset"}""")]
    [InlineData("""{"offset":"AAAAAAAAAAAAAAAAAAAAAA"}""")]
    public async Task Whatever_no_worker_gave_out_begins_a_new_session_on_another_worker_without_an_error(string auth)
    {
        using var first = await RawSocketIO.OpenAsync(Cluster.Port + 1);
        var (id, secret) = await first.EnterAsync("{}");
        using var again = await RawSocketIO.OpenAsync(Cluster.Port + 2);

        var given = await again.EnterAsync(auth.Replace("SECRET", secret, StringComparison.Ordinal));

        Assert.NotEqual(id, given.Id);
        Assert.NotEqual(secret, given.Secret);
    }

    /// <summary>True where the client was back before so many bytes had come.</summary>
    private async Task<bool> BreakAtAsync(JavaScriptClients clients, JavaScriptClient publisher, string transport, long bytes)
    {
        await using var test = await RecoveryRun.StartAsync(Cluster, "4.8", transport, clients, publisher);
        await test.SayAsync(1);
        await test.Client.HearsAsync("1");
        test.Proxy.Break(RecoveryRun.Nowhere);
        await test.SayAsync(2, 3);
        test.Proxy.CutNextAfter(bytes);
        test.Proxy.Target = Cluster.Port + 3;

        await test.Client.HearsAsync("3");
        var whole = !test.Proxy.HasCut;
        test.Proxy.CutNextAfter(-1);
        await test.SayAsync(4);
        await test.Client.HearsAsync("4");
        Assert.Equal(["1", "2", "3", "4"], test.Client.Said.All);
        Assert.All(test.Client.Connected.All[1..], entered => Assert.Equal((test.Client.Id, true), (entered.Id, entered.Recovered)));
        return whole;
    }
}
