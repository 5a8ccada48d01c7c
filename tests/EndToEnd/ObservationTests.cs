using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>What an operator sees of a run: metrics and traces of all processes.</summary>
public sealed partial class ObservationTests(ObservationTests.ObservedCluster shared) : IClassFixture<ObservationTests.ObservedCluster>
{
    private static readonly string[] Processes = ["directory", "primary", "worker-1", "worker-2"];

    /// <summary>The time between two looks at what no event tells.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_clients_event_and_what_every_worker_delivers_of_it_are_one_trace()
    {
        using var first = await EnterAsync(1, "socketio");
        using var second = await EnterAsync(2, "socketio");

        await first.SendAsync("""42["say","socketio","hello"]""");
        Assert.True(await first.ReceivesAsync("""42["said","hello"]"""));
        Assert.True(await second.ReceivesAsync("""42["said","hello"]"""));

        var said = await shared.Collector.Spans.FirstAsync(
            span => span is { Name: "event", Process: "worker-1" } && span.Tags["orleansadapter.event"] == "say", "the event's activity");
        Assert.Equal(("", "/"), (said.Parent, said.Tags["messaging.destination.name"]));
        await FollowAsync(said);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_call_of_a_hubs_method_and_what_every_worker_delivers_of_it_are_one_trace()
    {
        using var listener = await EnterAsync(2, "signalr");
        using var hub = new ClientWebSocket();
        await hub.ConnectAsync(new Uri(shared.Cluster.Url(1).Replace("http", "ws", StringComparison.Ordinal) + "/hub"), Cancellation);
        await SayAsync(hub, """{"protocol":"json","version":1}""");
        await SayAsync(hub, """{"type":1,"invocationId":"1","target":"join","arguments":["signalr"]}""");
        await SayAsync(hub, """{"type":1,"invocationId":"2","target":"say","arguments":["signalr","hello"]}""");
        Assert.True(await listener.ReceivesAsync("""42["said","hello"]"""));

        var said = await shared.Collector.Spans.FirstAsync(
            span => span.Name.EndsWith("ChatHub/say", StringComparison.OrdinalIgnoreCase), "the call's activity");
        Assert.Equal("worker-1", said.Process);
        await FollowAsync(said);
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_process_exports_its_metrics()
    {
        foreach (var process in Processes)
        {
            var metric = process == "primary" ? "orleansadapter.primary.workers"
                : process == "directory" ? "orleansadapter.directory.lives"
                : "orleansadapter.connections";
            await shared.Collector.Metrics.FirstAsync(one => one == (process, metric), $"{metric} of {process}");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_clients_do_is_counted_by_namespace_protocol_and_event()
    {
        using var http = new HttpClient();
        using var client = await EnterAsync(2, "counted");

        // Clients of other tests have just gone.
        var before = await UntilAsync(counts => counts.GetValueOrDefault(
            """orleansadapter_connections{process="worker-2",namespace="/",protocol="Socket.IO",transport="websocket"}""") == 1);
        await client.SendAsync("""42["say","counted","hello"]""");
        Assert.True(await client.ReceivesAsync("""42["said","hello"]"""));
        await client.SendAsync("""425["whatever the client likes"]""");
        await client.SendAsync("""426["rooms"]""");
        Assert.True(await client.ReceivesAsync("436["));
        using (var other = await RawSocketIO.OpenAsync(shared.Cluster.Port + 2))
        {
            await other.SendAsync("40/nowhere,");
            Assert.True(await other.ReceivesAsync("44/nowhere,"));
        }
        await client.SendAsync("41");

        string[] grow =
        [
            """orleansadapter_handler_duration_seconds_count{process="worker-2",event="say",namespace="/"}""",
            """orleansadapter_handler_duration_seconds_count{process="worker-2",event="other",namespace="/"}""",
            """orleansadapter_publish_duration_seconds_count{process="worker-2",namespace="/"}""",
            """orleansadapter_publish_acceptance_duration_seconds_count{process="worker-2",namespace="/"}""",
            """orleansadapter_fanout_count{process="worker-2"}""",
            """orleansadapter_request_duration_seconds_count{process="worker-2",kind="Rooms",outcome="answered"}""",
            """orleansadapter_connects_refused_total{process="worker-2",protocol="Socket.IO",reason="UnknownNamespace"}""",
            """orleansadapter_sockets_ended_total{process="worker-2",namespace="/",protocol="Socket.IO",reason="client namespace disconnect"}""",
        ];
        Assert.Equal(0, before["""orleansadapter_connections{process="worker-2",namespace="/",protocol="SignalR",transport="WebSockets"}"""]);
        await UntilAsync(after => grow.All(name => after.GetValueOrDefault(name) == before.GetValueOrDefault(name) + 1));

        async Task<Dictionary<string, double>> UntilAsync(Func<Dictionary<string, double>, bool> match)
        {
            while (true)
            {
                var text = await http.GetStringAsync(shared.Metrics, Cancellation);
                var counts = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToDictionary(
                    line => line[..line.LastIndexOf(' ')], line => double.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture));
                if (match(counts))
                {
                    return counts;
                }
                await Task.Delay(Look, Cancellation);
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_primary_shows_the_metrics_of_all_processes_at_one_address_and_says_which_do_not_answer()
    {
        using var http = new HttpClient();
        var text = await UntilAsync(text => Processes.All(process => text.Contains($"orleansadapter_process_up{{process=\"{process}\"}} 1\n")));
        Assert.Contains("orleansadapter_primary_workers{process=\"primary\",state=\"active\"} 2\n", text, StringComparison.Ordinal);

        // A directory takes what its homes are when they have ticked.
        await UntilAsync(text => text.Contains("orleansadapter_directory_lives{process=\"directory\",namespace=\"/\"} 2\n"));
        Assert.Single(text.Split('\n'), line => line == "# TYPE orleansadapter_connections gauge");

        // A page of somebody else's whose name leads here sees nothing.
        using var stranger = new HttpRequestMessage(HttpMethod.Get, shared.Metrics) { Headers = { Host = "example.com" } };
        Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(stranger, Cancellation)).StatusCode);

        var frozen = shared.Cluster.ProcessOf("worker-2");
        OperatingSystemProcesses.Signal(frozen, OperatingSystemProcesses.Stop);
        try
        {
            await UntilAsync(
                text => text.Contains("orleansadapter_process_up{process=\"worker-2\"} 0\n")
                    && text.Contains("orleansadapter_process_up{process=\"worker-1\"} 1\n"));
        }
        finally
        {
            OperatingSystemProcesses.Signal(frozen, OperatingSystemProcesses.Continue);
        }
        await UntilAsync(text => text.Contains("orleansadapter_process_up{process=\"worker-2\"} 1\n"));

        async Task<string> UntilAsync(Func<string, bool> match)
        {
            while (true)
            {
                var text = await http.GetStringAsync(shared.Metrics, Cancellation);
                if (match(text))
                {
                    return text;
                }
                await Task.Delay(Look, Cancellation);
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Orleans_dashboard_shows_our_grains_to_who_names_this_machine()
    {
        await shared.Cluster.LineAsync($"dashboard  http://{shared.Dashboard}/");
        using var http = new HttpClient();
        Assert.Contains("Orleans Dashboard", await http.GetStringAsync($"http://{shared.Dashboard}/", Cancellation), StringComparison.Ordinal);
        foreach (var grain in new[] { "HomeGrain", "ServerGrain", "ServerListGrain" })
        {
            // It counts grains every now and then.
            while (!(await http.GetStringAsync($"http://{shared.Dashboard}/DashboardCounters", Cancellation)).Contains($"OrleansAdapter.Grains.{grain}\""))
            {
                await Task.Delay(Look, Cancellation);
            }
        }
        using var stranger = new HttpRequestMessage(HttpMethod.Get, $"http://{shared.Dashboard}/") { Headers = { Host = "example.com" } };
        Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(stranger, Cancellation)).StatusCode);
    }

    /// <summary>Waits for all parts of the trace that a client began, on both workers and in the directory.</summary>
    private async Task FollowAsync(Span began)
    {
        await PartAsync("worker-1", "publish", "send");
        var accepted = await PartAsync("directory", "accept", "receive");
        foreach (var worker in new[] { "worker-1", "worker-2" })
        {
            var delivered = await PartAsync(worker, "deliver", "process");
            Assert.Equal(("said", accepted.Tags["orleansadapter.number"]), (delivered.Tags["orleansadapter.event"], delivered.Tags["orleansadapter.number"]));
        }

        async Task<Span> PartAsync(string process, string name, string type)
        {
            var part = await shared.Collector.Spans.FirstAsync(
                span => span.Trace == began.Trace && span.Process == process && span.Name == name, $"{name} of {process} in the trace {began.Trace}");
            Assert.Equal(
                (began.Id, "orleansadapter", type, "/"),
                (part.Parent, part.Tags["messaging.system"], part.Tags["messaging.operation.type"], part.Tags["messaging.destination.name"]));
            return part;
        }
    }

    private async Task<RawSocketIO> EnterAsync(int worker, string room)
    {
        var client = await RawSocketIO.OpenAsync(shared.Cluster.Port + worker);
        await client.SendAsync("40");
        Assert.True(await client.ReceivesAsync("40{"));
        await client.SendAsync($"""421["join","{room}"]""");
        Assert.True(await client.ReceivesAsync("431[]"));
        return client;
    }

    private static Task SayAsync(ClientWebSocket socket, string message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message + "\x1e"), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

    /// <summary>Two workers, and a collector that all processes export to.</summary>
    public sealed class ObservedCluster : IAsyncLifetime
    {
        internal RunningCluster Cluster { get; private set; } = null!;

        internal OtlpCollector Collector { get; private set; } = null!;

        internal string Metrics { get; private set; } = "";

        internal string Dashboard { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Collector = await OtlpCollector.StartAsync();
            var port = RunningCluster.FreePort();
            var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port + RunningCluster.Workers}");
            Dashboard = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port + RunningCluster.Workers + 1}");
            Cluster = RunningCluster.Start(port, Collector.Environment, "--workers", "2", "--hung", "0", "--observe", address, "--dashboard", Dashboard);
            await Cluster.LineAsync($"metrics  http://{address}/metrics");
            await Cluster.LineAsync("ready ");
            Metrics = $"http://{address}/metrics";
        }

        public async ValueTask DisposeAsync()
        {
            await Cluster.DisposeAsync();
            await Collector.DisposeAsync();
        }
    }
}
