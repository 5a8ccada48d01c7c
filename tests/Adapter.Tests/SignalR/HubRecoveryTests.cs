using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Clients of hubs that come back with a resume token, on whatever server (docs/RECOVERY.md).</summary>
public abstract class HubRecoveryTests(TestCluster cluster) : HubSuite(cluster)
{
    private const string Forged = "AAAAAAAAAAAAAAAAAAAAAA";

    [Fact]
    public async Task On_another_server_it_has_its_id_groups_user_and_data_with_what_others_did_to_it_meanwhile()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        var client = await a.ConnectAsync("Ada");
        foreach (var group in new[] { "stays", "goes" })
        {
            await client.CallAsync(nameof(TestHub.Join), group);
        }
        await client.CallAsync(nameof(TestHub.Remember), "name", "Ada");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        await b.Manager.AddToGroupAsync(client.Id, "comes").InTimeAsync();
        await b.Manager.RemoveFromGroupAsync(client.Id, "goes").InTimeAsync();

        var again = await b.ResumeAsync(token, "Ada");

        await IsBackAsync(again, client.Id);
        Assert.Equal("Ada", (await again.CallAsync(nameof(TestHub.Recall), "name")).Result?.ToString());
        await a.Manager.SendGroupAsync("goes", "said", ["to a group that it was made to leave"]).InTimeAsync();
        await a.Manager.SendGroupAsync("stays", "said", ["1"]).InTimeAsync();
        await a.Manager.SendGroupAsync("comes", "said", ["2"]).InTimeAsync();
        await a.Manager.SendUserAsync("Ada", "said", ["3"]).InTimeAsync();
        await a.Manager.SendConnectionAsync(client.Id, "said", ["4"]).InTimeAsync();
        foreach (var text in new[] { "1", "2", "3", "4" })
        {
            await again.HearsAsync(text);
        }
        var socket = Assert.Single(await a.Namespace.In("stays").FetchSocketsAsync().InTimeAsync());
        Assert.Equal((client.Id, "Ada"), (socket.Id.ToString(), socket.Data.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task After_the_death_of_its_server_it_has_what_it_was_told_of_before()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        var client = await a.ConnectAsync();
        await client.CallAsync(nameof(TestHub.Join), "group");
        await client.CallAsync(nameof(TestHub.Remember), "name", "Ada");
        var token = await TokenAsync(client);
        a.Directory.IsCutOff = true;
        await Cluster.ReportDeathAsync(a.This.Process).InTimeAsync();

        var again = await b.ResumeAsync(token);

        await IsBackAsync(again, client.Id);
        Assert.Equal("Ada", (await again.CallAsync(nameof(TestHub.Recall), "name")).Result?.ToString());
        await b.Manager.SendGroupAsync("group", "said", ["1"]).InTimeAsync();
        await again.HearsAsync("1");
    }

    [Fact]
    public async Task Over_a_half_open_connection_the_last_that_asks_has_it_and_the_other_one_is_closed_for_good()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        var client = await a.ConnectAsync();
        await client.CallAsync(nameof(TestHub.Join), "group");

        // On another server, and then on that server again.
        foreach (var server in new[] { b, b })
        {
            var before = client;
            client = await server.ResumeAsync(await TokenAsync(before));
            await IsBackAsync(client, before.Id);
            Assert.False(Assert.IsType<CloseMessage>(await before.NextAsync()).AllowReconnect);
            await before.Served.InTimeAsync();
            await b.Manager.SendGroupAsync("group", "said", ["1"]).InTimeAsync();
            await client.HearsAsync("1");
        }
        Assert.Equal(1, await a.Namespace.CountSocketsAsync().InTimeAsync());
    }

    [Theory]
    [InlineData("forged", "Unknown")]
    [InlineData("malformed", "forged")]
    [InlineData("used", "Unknown")]
    [InlineData("other user", "OtherUser")]
    public async Task A_token_that_is_not_good_makes_a_new_connection_without_an_error(string what, string outcome)
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        using var metrics = new MetricsReader(b.Services);
        var client = await a.ConnectAsync("Ada");
        await client.CallAsync(nameof(TestHub.Join), "group");
        var token = await TokenAsync(client);
        if (what == "used")
        {
            await a.ResumeAsync(token, "Ada");
        }

        var other = await b.ResumeAsync(
            what switch { "forged" => Forged, "malformed" => "a token", _ => token }, what == "other user" ? "Bob" : "Ada");

        await IsNewAsync(other, client.Id);
        Assert.NotEqual(token, await TokenAsync(other));
        Assert.Equal(1, metrics[$"orleansadapter.recoveries{{{outcome}}}"]);
        await b.Manager.SendGroupAsync("group", "said", ["not for it"]).InTimeAsync();
        await b.Manager.SendConnectionAsync(other.Id, "said", ["for it"]).InTimeAsync();
        await other.HearsAsync("for it");
    }

    [Fact]
    public async Task A_recovery_is_counted_and_the_next_token_brings_the_client_back_again()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        using var metrics = new MetricsReader(b.Services);
        var client = await a.ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            var (before, token) = (client, await TokenAsync(client));
            await before.GoneAsync();
            client = await b.ResumeAsync(token);
            await IsBackAsync(client, before.Id);
            Assert.Equal(i, metrics["orleansadapter.recoveries{recovered}"]);
        }
    }

    [Fact]
    public async Task A_client_that_says_goodbye_has_left_for_good()
    {
        var server = await RecoveringAsync();
        var client = await server.ConnectAsync();
        var token = await TokenAsync(client);
        await client.SendAsync(CloseMessage.Empty);
        await client.Served.InTimeAsync();

        await IsNewAsync(await server.ResumeAsync(token), client.Id);
    }

    [Fact]
    public async Task A_connection_that_the_hub_aborts_or_that_is_made_to_leave_does_not_come_back()
    {
        var server = await RecoveringAsync();
        var aborted = await server.ConnectAsync();
        var token = await TokenAsync(aborted);
        await aborted.SendAsync(new InvocationMessage(nameof(TestHub.Leave), []));
        await aborted.Served.InTimeAsync();
        await IsNewAsync(await server.ResumeAsync(token), aborted.Id);

        var kicked = await server.ConnectAsync();
        token = await TokenAsync(kicked);
        await kicked.GoneAsync();
        await server.Namespace.In(kicked.Id).DisconnectSocketsAsync().InTimeAsync();
        await IsNewAsync(await server.ResumeAsync(token), kicked.Id);
    }

    [Fact]
    public async Task What_is_sent_while_it_comes_back_reaches_it_from_one_place_in_the_order_on()
    {
        var (a, b) = (await RecoveringAsync(), await RecoveringAsync());
        var client = await a.ConnectAsync();
        await client.CallAsync(nameof(TestHub.Join), "group");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        using var stop = new CancellationTokenSource();
        var last = 0;
        var publishing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                last++;
                await a.Manager.SendGroupAsync("group", "said", [$"{last}"]).InTimeAsync();
            }
        });

        var again = await b.ResumeAsync(token);
        await IsBackAsync(again, client.Id);
        await stop.CancelAsync();
        await publishing;
        await a.Manager.SendGroupAsync("group", "said", ["end"]).InTimeAsync();

        List<string> heard = [];
        while (heard.LastOrDefault() != "end")
        {
            heard.Add((await again.NextInvocationAsync()).Arguments[0]!.ToString()!);
        }
        heard.RemoveAt(heard.Count - 1);
        Assert.Equal(Enumerable.Range(last - heard.Count + 1, heard.Count).Select(number => $"{number}"), heard);
    }

    [Fact]
    public async Task Where_it_is_off_there_is_no_token_and_one_is_not_looked_at()
    {
        var server = await ServerAsync();
        using var metrics = new MetricsReader(server.Services);
        var client = await server.ResumeAsync(Forged);

        Assert.Null((await client.CallAsync(nameof(TestHub.Token))).Result);
        await IsNewAsync(client, "");
        Assert.Equal(0, metrics["orleansadapter.recoveries"]);
    }

    [Fact]
    public async Task Who_names_its_place_gets_what_it_missed_once_and_in_order_and_then_what_comes()
    {
        var (a, b) = (await ReplayingAsync(), await ReplayingAsync());
        using var metrics = new MetricsReader(b.Services);
        var client = await a.ResumeAsync(null, offset: "");
        await client.CallAsync(nameof(TestHub.Join), "group");
        await b.Manager.SendGroupAsync("group", "said", ["1"]).InTimeAsync();
        var place = await client.HearsAtAsync("1");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        await b.Manager.SendGroupAsync("group", "said", ["2"]).InTimeAsync();
        await b.Manager.SendGroupAsync("other", "said", ["for others"]).InTimeAsync();
        await a.Manager.SendConnectionAsync(client.Id, "said", ["3"]).InTimeAsync();
        await b.Manager.AddToGroupAsync(client.Id, "other").InTimeAsync();
        await b.Manager.SendGroupAsync("other", "said", ["4"]).InTimeAsync();

        var again = await b.ResumeAsync(token, offset: place);

        await IsBackAsync(again, client.Id, HubConnectionRecovery.WithMessages);
        await b.Manager.SendGroupAsync("group", "said", ["5"]).InTimeAsync();
        List<string> places = [place];
        foreach (var text in new[] { "2", "3", "4", "5" })
        {
            places.Add(await again.HearsAtAsync(text));
        }
        Assert.Equal(places.Order(StringComparer.Ordinal).Distinct(), places); // they are numbers, most significant first
        Assert.Equal(3, metrics["orleansadapter.recoveries.replayed"]);

        // Nothing was sent since: the place alone tells.
        token = await TokenAsync(again);
        await again.GoneAsync();
        again = await a.ResumeAsync(token, offset: places[^1]);
        await IsBackAsync(again, client.Id, HubConnectionRecovery.WithMessages);
        await a.Manager.SendConnectionAsync(client.Id, "said", ["6"]).InTimeAsync();
        await again.HearsAtAsync("6");
    }

    [Fact]
    public async Task Who_has_received_nothing_yet_gets_everything()
    {
        var (a, b) = (await ReplayingAsync(), await ReplayingAsync());
        var client = await a.ResumeAsync(null, offset: "");
        await client.CallAsync(nameof(TestHub.Join), "group");
        a.Directory.IsCutOff = true;
        await b.Manager.SendGroupAsync("group", "said", ["1"]).InTimeAsync();
        await Cluster.ReportDeathAsync(a.This.Process).InTimeAsync();

        var again = await b.ResumeAsync(await TokenAsync(client), offset: "");

        await IsBackAsync(again, client.Id, HubConnectionRecovery.WithMessages);
        await again.HearsAtAsync("1");
    }

    [Fact]
    public async Task Under_load_it_misses_nothing_and_gets_nothing_twice_however_often_it_comes_back()
    {
        var (a, b) = (await ReplayingAsync(), await ReplayingAsync());
        var client = await a.ResumeAsync(null, offset: "");
        await client.CallAsync(nameof(TestHub.Join), "group");
        using var stop = new CancellationTokenSource();
        using var ahead = new SemaphoreSlim(500); // how much it may have missed at most: less than it may be given
        var last = 0;
        var publishing = Task.Run(async () =>
        {
            while (true)
            {
                await ahead.WaitAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested)
                {
                    return;
                }
                await a.Manager.SendGroupAsync("group", "said", [$"{++last}"]).InTimeAsync();
            }
        });

        var (next, place) = (1, "");
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                place = await client.HearsAtAsync($"{next++}");
                ahead.Release();
            }
            var (id, token) = (client.Id, await TokenAsync(client));
            await client.GoneAsync();
            client = await (round % 2 == 0 ? b : a).ResumeAsync(token, offset: place);
            await IsBackAsync(client, id, HubConnectionRecovery.WithMessages);
        }
        await stop.CancelAsync();
        await publishing;
        while (next <= last)
        {
            await client.HearsAtAsync($"{next++}");
        }
    }

    [Fact]
    public async Task Who_missed_more_than_may_be_given_or_names_what_is_no_place_begins_anew()
    {
        var (a, b) = (await ReplayingAsync(1), await ReplayingAsync(1));
        using var metrics = new MetricsReader(b.Services);
        var client = await a.ResumeAsync(null, offset: "");
        var token = await TokenAsync(client);
        await client.GoneAsync();
        await b.Manager.SendConnectionAsync(client.Id, "said", ["1"]).InTimeAsync();
        await b.Manager.SendConnectionAsync(client.Id, "said", ["2"]).InTimeAsync();

        await IsNewAsync(await b.ResumeAsync(token, offset: "not a place"), client.Id);
        await IsNewAsync(await b.ResumeAsync(token, offset: ""), client.Id);

        Assert.Equal(1, metrics["orleansadapter.recoveries{forged}"]);
        Assert.Equal(1, metrics["orleansadapter.recoveries{TooMuchMissed}"]);
    }

    [Fact]
    public async Task Who_does_not_ask_gets_invocations_as_they_are_and_comes_back_without_what_it_missed()
    {
        var server = await ReplayingAsync();
        var plain = await server.ConnectAsync();
        await server.Manager.SendConnectionAsync(plain.Id, "said", ["1"]).InTimeAsync();
        Assert.Equal(["1"], (await plain.NextInvocationAsync()).Arguments);
        var token = await TokenAsync(plain);
        await plain.GoneAsync();
        await IsBackAsync(await server.ResumeAsync(token), plain.Id);
    }

    internal static async Task<string> TokenAsync(TestClient client) => (await client.CallAsync(nameof(TestHub.Token))).Result!.ToString()!;

    internal static async Task IsBackAsync(TestClient client, string id, HubConnectionRecovery recovery = HubConnectionRecovery.WithoutMessages)
    {
        Assert.Equal(id, (await client.CallAsync(nameof(TestHub.Id))).Result!.ToString());
        Assert.Equal(recovery.ToString(), (await client.CallAsync(nameof(TestHub.Recovery))).Result!.ToString());
    }

    internal static async Task IsNewAsync(TestClient client, string otherId)
    {
        Assert.NotEqual(otherId, (await client.CallAsync(nameof(TestHub.Id))).Result!.ToString());
        Assert.Equal(nameof(HubConnectionRecovery.None), (await client.CallAsync(nameof(TestHub.Recovery))).Result!.ToString());
    }

    private Task<TestServer> ReplayingAsync(int most = 10_000) =>
        ServerAsync((OrleansAdapterOptions options) => options.HubRecovery = new HubRecoveryOptions { MaxReplayedInvocations = most });

    private Task<TestServer> RecoveringAsync() => ServerAsync((OrleansAdapterOptions options) => options.HubRecovery = new HubRecoveryOptions());
}

public sealed class InProcessHubRecoveryTests() : HubRecoveryTests(new InProcessTestCluster());
