using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// Official SignalR clients come back: with a resume token on any worker after the end of their own (docs/RECOVERY.md), and with stateful reconnect to their
/// worker by way of any other.
/// </summary>
[Collection(nameof(RecoveryCluster))]
public sealed class HubRecoveryTests(RecoveryCluster shared)
{
    private const int Limit = 120_000;

    /// <summary>A load leaves the machine time to start what was killed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>When a close message that has not come counts as lost.</summary>
    private static readonly TimeSpan LostClose = TimeSpan.FromSeconds(10);

    private readonly string _room = Guid.NewGuid().ToString("N");

    private RunningCluster Cluster => shared.Cluster;

    [Theory(Timeout = Limit)]
    [InlineData("JavaScript", "WebSockets", "killed", true)]
    [InlineData("JavaScript", "LongPolling", "killed", false)]
    [InlineData("JavaScript", "ServerSentEvents", "drained", false)]
    [InlineData(".NET", "WebSockets", "killed", false)]
    [InlineData(".NET", "WebSockets", "drained", true)]
    public async Task A_client_whose_worker_is_gone_has_its_id_groups_and_data_on_another_one(string kind, string transport, string end, bool isShort)
    {
        if (!isShort)
        {
            FullRun.Needed("A JavaScript client whose worker is killed and a .NET client whose worker is drained run always.");
        }
        await using var proxy = new BreakingProxy(Cluster.Port + 1);
        var client = await OpenAsync(kind, proxy.Url, transport, resume: true);
        var publisher = await shared.Clients.OpenHubAsync(Cluster.Url(2));
        await client.CallAsync("join", _room);
        await client.CallAsync("keep", "name", "Ada");
        await publisher.CallAsync("say", _room, 1);
        await client.Said.FirstAsync(said => said == "1", "what is said before");

        var process = Cluster.ProcessOf("worker-1");
        var lines = Cluster.Lines.Count;
        proxy.Target = Cluster.Port + 3;
        OperatingSystemProcesses.Signal(process, end == "killed" ? OperatingSystemProcesses.Kill : OperatingSystemProcesses.Terminate);

        await client.Connected.UntilAsync(2, "to be back");
        Assert.Equal((client.Id, true), (client.Connected.All[1].Id, client.Connected.All[1].Recovered));
        Assert.NotEqual(client.Connected.All[0].Token, client.Connected.All[1].Token);
        await publisher.CallAsync("say", _room, 2);
        await client.Said.FirstAsync(said => said == "2", "what is said afterwards");
        var who = (await client.CallAsync("whoAmI"))!;
        Assert.Equal(
            (client.Id, "worker-3", "WithoutMessages", "Ada"),
            (who["id"]!.GetValue<string>(), who["server"]!.GetValue<string>(), who["recovery"]!.GetValue<string>(), who["data"]!["name"]!.GetValue<string>()));
        Assert.Equal(["1", "2"], client.Said.All);
        await client.CloseAsync();
        await publisher.CloseAsync();
        await Cluster.AnotherAsync("worker-1", lines);
    }

    [Theory(Timeout = Limit)]
    [InlineData("JavaScript")]
    [InlineData(".NET")]
    public async Task A_client_that_names_its_place_misses_nothing_when_its_worker_is_killed_under_load(string kind)
    {
        await using var proxy = new BreakingProxy(Cluster.Port + 1);
        var client = await OpenAsync(kind, proxy.Url, "WebSockets", resume: true, offsets: true);
        var publisher = await shared.Clients.OpenHubAsync(Cluster.Url(2));
        await client.CallAsync("join", _room);
        var (said, rests) = (0, false);
        var publishing = PublishAsync();
        await client.Said.UntilAsync(20, "what is said before");

        var process = Cluster.ProcessOf("worker-1");
        var lines = Cluster.Lines.Count;
        proxy.Target = Cluster.Port + 3;
        OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Kill);
        await client.Connected.UntilAsync(2, "to be back");
        await client.Said.UntilAsync(client.Said.Count + 20, "what is said afterwards");
        Volatile.Write(ref rests, true);
        await publishing;

        await client.Said.UntilAsync(said, "all that was said");
        Assert.Equal(Enumerable.Range(1, said).Select(number => number.ToString(CultureInfo.InvariantCulture)), client.Said.All);
        var who = (await client.CallAsync("whoAmI"))!;
        Assert.Equal(
            (client.Id, "worker-3", "WithMessages"),
            (who["id"]!.GetValue<string>(), who["server"]!.GetValue<string>(), who["recovery"]!.GetValue<string>()));
        await client.CloseAsync();
        await publisher.CloseAsync();
        await Cluster.AnotherAsync("worker-1", lines);

        async Task PublishAsync()
        {
            while (!Volatile.Read(ref rests))
            {
                await publisher.CallAsync("say", _room, ++said);
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("JavaScript", false)]
    [InlineData("JavaScript", true)]
    [InlineData(".NET", true)]
    public async Task A_client_that_is_stopped_has_left_for_good(string kind, bool stateful)
    {
        var watcher = await shared.Clients.OpenHubAsync(Cluster.Url(3));

        // Microsoft's .NET client cancels the read of what it has just written when it stops (WebSocketsTransport.StopAsync), and so loses its own close
        // message now and then. What the server sees then is a break, and it is right to wait. So the client may try it a few times.
        for (var left = kind == ".NET" ? 4 : 1; left > 0; left--)
        {
            var client = await OpenAsync(kind, Cluster.Url(3), "WebSockets", resume: true, stateful);
            await client.CloseAsync();

            // Who comes sooner than the server hears of the end has the session: the last that asks holds it.
            var hasLeft = watcher.CallAsync("hasLeft", client.Id);
            if (left > 1 && await Task.WhenAny(hasLeft, Task.Delay(LostClose, TestContext.Current.CancellationToken)) != hasLeft)
            {
                continue;
            }
            await hasLeft;
            var late = await shared.Clients.OpenHubAsync(Cluster.Url(3), token: client.Connected.All[0].Token);

            Assert.False(late.Connected.All[0].Recovered);
            await late.CloseAsync();
            break;
        }
        await watcher.CloseAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_token_of_another_hub_or_one_that_was_used_makes_a_new_connection_without_an_error()
    {
        var clients = shared.Clients;
        var other = await clients.OpenHubAsync(Cluster.Url(1), hub: "/sessions/other");
        var first = await clients.OpenHubAsync(Cluster.Url(1));
        await first.CallAsync("join", _room);
        var token = first.Connected.All[0].Token;

        var foreign = await clients.OpenHubAsync(Cluster.Url(2), token: other.Connected.All[0].Token);
        var again = await clients.OpenHubAsync(Cluster.Url(2), token: token);
        var tooLate = await clients.OpenHubAsync(Cluster.Url(3), token: token);

        Assert.Equal((first.Id, true), (again.Id, again.Connected.All[0].Recovered));
        await first.Closed.UntilAsync(1, "to be closed, as its session is elsewhere");
        foreach (var client in new[] { foreign, tooLate })
        {
            Assert.NotEqual(first.Id, client.Id);
            Assert.False(client.Connected.All[0].Recovered);
        }
        await foreign.CallAsync("say", _room, 1);
        await again.HearsAsync("1");
        foreach (var client in new[] { other, foreign, again, tooLate })
        {
            Assert.Equal(client == again ? 1 : 0, client.Said.Count);
            await client.CloseAsync();
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("JavaScript")]
    [InlineData(".NET")]
    public async Task With_stateful_reconnect_a_client_comes_back_to_its_worker_by_way_of_any_other_and_misses_nothing(string kind)
    {
        const int rounds = 6;
        await using var balancer = await RoundRobinProxy.StartAsync([.. Enumerable.Range(1, RunningCluster.Workers).Select(Cluster.Url)]);
        await using var proxy = new BreakingProxy(new Uri(balancer.Url).Port);
        var client = await OpenAsync(kind, proxy.Url, "WebSockets", stateful: true);
        var publisher = await shared.Clients.OpenHubAsync(Cluster.Url(2));
        await client.CallAsync("join", _room);
        var before = balancer.Requests.ToArray();

        var said = 0;
        for (var round = 0; round < rounds; round++)
        {
            proxy.Break(proxy.Target);
            for (var i = 0; i < 20; i++)
            {
                await publisher.CallAsync("say", _room, ++said);
            }
            var last = said.ToString(CultureInfo.InvariantCulture);
            await client.Said.FirstAsync(heard => heard == last, last);
        }

        Assert.Equal(Enumerable.Range(1, said).Select(number => number.ToString(CultureInfo.InvariantCulture)), client.Said.All);
        Assert.Equal(client.Id, (await client.CallAsync("whoAmI"))!["id"]!.GetValue<string>());
        Assert.Equal(1, client.Connected.Count);
        Assert.All(balancer.Requests.Zip(before, (now, then) => now - then), count => Assert.True(count > 0, "Each worker was to be the way back."));
        await client.CloseAsync();
        await publisher.CloseAsync();
    }

    private async Task<IHubClient> OpenAsync(
        string kind, string url, string transport, bool resume = false, bool stateful = false, bool offsets = false) => kind == ".NET"
            ? await DotNetClient.OpenAsync(url + "/sessions", resume, stateful, offsets)
            : await shared.Clients.OpenHubAsync(url, transport, resume, stateful, offsets: offsets);
}
