using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>Clients of many versions and languages against three workers: what docs/COMPATIBILITY.md says was seen.</summary>
public sealed class ClientMatrixTests(ClientMatrix matrix) : IClassFixture<ClientMatrix>
{
    private const int Limit = 120_000;
    private const string Elsewhere = "A few run the same on the demonstration's workers and on servers in the tests' process in every run.";

    private readonly string _room = Guid.NewGuid().ToString("N");

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Kinds))]
    public async Task A_client_is_let_in_or_not_speaks_and_hears(string kind, string transport)
    {
        FullRun.Needed(Elsewhere);
        List<JavaScriptClient> members = [];
        for (var worker = 1; worker <= RunningCluster.Workers; worker++)
        {
            var member = await matrix.OpenAsync(kind, worker, transport);
            await member.CallAsync("join", _room);
            members.Add(member);
        }
        var client = members[0];
        await SpeaksAsync(client, kind, transport);

        foreach (var member in members)
        {
            await member.CallAsync("say", _room, member.Name + ": grüß 房间 🙂");
        }
        await client.CallAsync(ClientMatrix.IsSignalR(kind) ? "sayBytes" : "say", _room, new { bytes = "AQID" });
        foreach (var member in members)
        {
            await member.Said.UntilAsync(members.Count + 1, "what all members said");
            Heard(
                kind,
                [.. members.Select(m => m.Name + ": grüß 房间 🙂"), kind == "signalr-json" ? "AQID" : "AQID as bytes"],
                member.Said.All.Select(said => JsonNode.Parse(said)!).Select(said => said is JsonObject ? $"{said["bytes"]} as bytes" : (string)said!));
        }

        var other = await matrix.OpenAsync(kind, 2, transport, "/a");
        Assert.Equal("/a", (string)(await other.CallAsync("namespace"))!);
        Assert.Equal("/", (string)(await client.CallAsync("namespace"))!);
        await IsRefusedAsync(kind, transport, "/nowhere", null, ClientMatrix.IsSignalR(kind) ? "404" : "Invalid namespace");
        await IsRefusedAsync(kind, transport, "/auth", "wrong", ClientMatrix.IsSignalR(kind) ? "401" : "not authorized");
        var guarded = await matrix.OpenAsync(kind, 3, transport, "/auth", "right");
        Assert.Equal("/auth", (string)(await guarded.CallAsync("namespace"))!);
        await Task.WhenAll(members.Append(other).Append(guarded).Select(each => each.CloseAsync()));
    }

    /// <summary>One on each of two workers, of which one dies: those of it come back, and all hear the same, once.</summary>
    [Fact(Timeout = 2 * Limit)]
    public async Task Clients_of_all_kinds_are_in_one_room_and_come_back_when_their_worker_has_died()
    {
        FullRun.Needed(Elsewhere);
        List<(JavaScriptClient Client, string Kind)> stay = [], fall = [];
        foreach (var (kind, transports) in ClientMatrix.All)
        {
            var transport = transports.Contains("upgrade") ? "upgrade" : transports[0];
            stay.Add((await matrix.OpenAsync(kind, 1, transport), kind));
            fall.Add((await matrix.OpenAsync(kind, 2, transport), kind));
        }
        await JoinAndSayAsync([.. stay, .. fall], "before");

        await matrix.Cluster.KillAsync("worker-2");
        foreach (var (client, _) in fall)
        {
            var before = client.Id;
            await client.Closed.FirstAsync(_ => true, "the end of the connection");
            await client.ReconnectsAsync();
            Assert.NotEqual(before, client.Id);
        }
        await JoinAndSayAsync([.. stay, .. fall], "after");

        Assert.All(stay, each => Assert.Equal(0, each.Client.Closed.Count));
        await Task.WhenAll(stay.Concat(fall).Select(each => each.Client.CloseAsync()));
    }

    /// <summary>Artillery, with its engine for Socket.IO 3 and 4: clients/artillery/load.yml.</summary>
    [Fact(Timeout = 2 * Limit)]
    public async Task No_virtual_user_of_Artillery_fails()
    {
        FullRun.Needed(Elsewhere);
        Checkout.SkipWithoutNode();
        var folder = Path.Combine(Checkout.JavaScriptClients, "artillery");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), $"Needs 'npm ci' in {folder}, which test.sh --full does.");
        var report = Path.Combine(matrix.Cluster.Temporary, "artillery.json");
        var start = new ProcessStartInfo(
            "node",
            [
                "node_modules/artillery/bin/artillery", "run", "--quiet", "--output", report, "--target", matrix.Cluster.Front,
                "--variables", JsonSerializer.Serialize(new { room = _room }), "load.yml",
            ])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["ARTILLERY_DISABLE_TELEMETRY"], start.Environment["NO_UPDATE_NOTIFIER"]) = ("true", "1");
        using var artillery = Process.Start(start)!;
        var (exitCode, output, error) = await ProgramRun.EndAsync(artillery, TimeSpan.FromMilliseconds(Limit));
        Assert.True(exitCode == 0, output + error);

        var seen = JsonNode.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken))!["aggregate"]!;
        Assert.Equal("{}", seen["errors"]!.ToJsonString());
        Assert.Equal((200, 200), ((int)seen["scenariosCreated"]!, (int)seen["scenariosCompleted"]!));
    }

    public static TheoryData<string, string> Kinds() =>
        [.. ClientMatrix.All.SelectMany(each => each.Transports.Select(transport => new TheoryDataRow<string, string>(each.Kind, transport)))];

    private async Task JoinAndSayAsync(List<(JavaScriptClient Client, string Kind)> all, string text)
    {
        foreach (var (client, _) in all)
        {
            await client.CallAsync("join", _room);
        }
        var from = all.Select(each => each.Client.Said.Count).ToArray();
        foreach (var (client, kind) in all)
        {
            await client.CallAsync("say", _room, $"{kind}, {client.Name}, {text}");
        }
        foreach (var (each, before) in all.Zip(from))
        {
            await each.Client.Said.UntilAsync(before + all.Count, $"what all of them said {text}, at {each.Kind}");
            Heard(each.Kind, all.Select(other => $"\"{other.Kind}, {other.Client.Name}, {text}\""), each.Client.Said.All.Skip(before));
        }
    }

    /// <summary>Checks what one heard, in order: but for python-socketio's Client, which has a thread for each message, and so no order.</summary>
    private static void Heard(string kind, IEnumerable<string> expected, IEnumerable<string> heard)
    {
        if (kind == "sync")
        {
            (expected, heard) = (expected.Order(StringComparer.Ordinal), heard.Order(StringComparer.Ordinal));
        }
        Assert.Equal(expected, heard);
    }

    /// <summary>Acknowledgements both ways, with every kind of argument.</summary>
    private static async Task SpeaksAsync(JavaScriptClient client, string kind, string transport)
    {
        if (!ClientMatrix.IsSignalR(kind))
        {
            Assert.Equal(transport switch { "upgrade" => "websocket", "fetch" => "polling", _ => transport }, await client.TransportAsync());
        }
        foreach (var json in (string[])["null", "true", "-70000", "1.5", "\"grüß 房间 🙂\"", """[1,[],{"a":{"b":["c",null]}}]"""])
        {
            Assert.Equal(JsonNode.Parse(json), await client.CallAsync("echo", JsonNode.Parse(json)), JsonNode.DeepEquals);
        }
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        var base64 = Convert.ToBase64String(bytes);
        var echo = await client.CallAsync("echo", new { bytes = base64 });
        Assert.Equal(base64, (string)(kind == "signalr-json" ? echo : echo!["bytes"])!);
        var answer = (await client.CallAsync("ask", "how are you?"))!.ToJsonString();
        Assert.Contains("how are you?", answer, StringComparison.Ordinal);
        Assert.Contains(client.Name, answer, StringComparison.Ordinal);
    }

    private async Task IsRefusedAsync(string kind, string transport, string @namespace, string? token, string why)
    {
        var refusal = await Assert.ThrowsAsync<ClientException>(() => matrix.OpenAsync(kind, 1, transport, @namespace, token));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}

/// <summary>A cluster of test applications, and clients of every kind.</summary>
public sealed class ClientMatrix : IAsyncLifetime
{
    private static readonly string[] Both = ["polling", "websocket", "upgrade"];

    private readonly Dictionary<string, JavaScriptClients> _processes = new(StringComparer.Ordinal);
    private RunningCluster? _cluster;

    /// <summary>The kinds of clients, each with its transports.</summary>
    internal static (string Kind, string[] Transports)[] All { get; } =
    [
        ("3.1", Both), ("4.0", Both), ("4.4", Both), ("4.8", [.. Both, "fetch"]), ("msgpack", Both),
        ("sync", Both), ("asyncio", Both),
        ("socketio", ["websocket", "polling"]), ("signalr-json", ["WebSockets", "ServerSentEvents", "LongPolling"]),
        ("signalr-messagepack", ["WebSockets", "LongPolling"]),
    ];

    internal RunningCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync()
    {
        if (FullRun.IsOn)
        {
            _cluster = await RunningCluster.StartAsync([("ORLEANSADAPTER_WEBWORKER", Checkout.Program("tests/TestWorker"))]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    internal static bool IsSignalR(string kind) => kind.StartsWith("signalr-", StringComparison.Ordinal);

    internal Task<JavaScriptClient> OpenAsync(string kind, int worker, string transport, string @namespace = "/", string? token = null)
    {
        var path = IsSignalR(kind) ? "/hub" + @namespace.TrimEnd('/') : @namespace;
        return ProcessOf(kind).OpenKindAsync(kind, Cluster.Url(worker) + path, transport, token);
    }

    private JavaScriptClients ProcessOf(string kind)
    {
        var (name, start) = kind switch
        {
            "sync" or "asyncio" => ("python", (Func<JavaScriptClients>)JavaScriptClients.StartPython),
            "socketio" or "signalr-json" or "signalr-messagepack" => ("dotnet", JavaScriptClients.StartDotNet),
            _ => ("node", JavaScriptClients.StartSocketIO),
        };
        return _processes.TryGetValue(name, out var process) ? process : _processes[name] = start();
    }
}
