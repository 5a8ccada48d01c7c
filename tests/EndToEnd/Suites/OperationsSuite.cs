using System.Text.Json.Nodes;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>
/// The cluster's operations from the hub and from Socket.IO, with workers that die and that freeze. No test leaves the cluster other than it was.
/// </summary>
public abstract class OperationsSuite(SharedCluster shared)
{
    /// <summary>What is done again and again leaves the machine time to start what was killed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _room = Guid.NewGuid().ToString("N");

    /// <summary>What a cluster of this suite is started with: a worker that freezes stays a member, and is not taken for dead.</summary>
    public static (string, string)[] Environment { get; } = [("OrleansAdapter__HeartbeatTimeout", "00:10:00")];

    [Fact(Timeout = 120_000)]
    public async Task Every_operation_works_from_the_hub_and_from_the_namespace_on_sockets_of_all_workers_and_both_protocols()
    {
        foreach (
            var caller in new[] { await shared.Clients.OpenAsync(shared.Cluster.Url(1)), await shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "websocket") })
        {
            var (room, other) = ($"{_room}-{caller.Name}", $"{_room}-{caller.Name}-other");
            JavaScriptClient[] members =
            [
                await shared.Clients.JoinAsync(shared.Cluster.Url(1), room),
                await shared.SocketIO.JoinAsync(shared.Cluster.Url(2), room, "websocket"),
                await shared.Clients.JoinAsync(shared.Cluster.Url(3), room, "LongPolling"),
                await shared.SocketIO.JoinAsync(shared.Cluster.Url(3), room, "polling"),
            ];
            await Task.WhenAll(members.Select(member => member.CallAsync("note", new { of = member.Id })));

            var fetched = (await FetchAsync(caller, room)).ToDictionary(Id);
            Assert.Equal(Ids(members), fetched.Keys.Order(StringComparer.Ordinal));
            Assert.All(fetched, socket => Assert.Equal(socket.Key, socket.Value["data"]!["note"]!["of"]!.GetValue<string>()));
            Assert.All(fetched.Values, socket => Assert.Equal([room], socket["rooms"]!.AsArray().Select(name => name!.GetValue<string>())));
            Assert.All(fetched.Values, socket => Assert.Contains("127.0.0.1", socket["handshake"]!["address"]!.GetValue<string>(), StringComparison.Ordinal));
            Assert.Equal(3, fetched.Values.Select(Server).Distinct().Count());
            Assert.Equal(4, await CountAsync(caller, room));
            Assert.Contains(room, (await caller.CallAsync("rooms"))!.AsArray().Select(name => name!.GetValue<string>()));

            var asked = (await caller.CallAsync("ask", room, "how much?"))!;
            Assert.Equal(Ids(members), asked["all"]!.AsArray().Select(answer => answer!["socket"]!.GetValue<string>()).Order(StringComparer.Ordinal));
            Assert.All(asked["all"]!.AsArray(), answer => Assert.Equal("how much?", answer!["answer"]!["question"]!.GetValue<string>()));
            Assert.All(new[] { "silent", "missingServers" }, missing => Assert.Empty(asked[missing]!.AsArray()));

            await caller.CallAsync("move", room, other);
            Assert.Equal((0, 4), (await CountAsync(caller, room), await CountAsync(caller, other)));
            await caller.CallAsync("say", other, "moved");
            await Task.WhenAll(members.Select(member => member.HearsAsync("\"moved\"")));

            var servers = (await caller.CallAsync("servers"))!.AsArray();
            Assert.All(new[] { "worker-1", "worker-2", "worker-3" }, name => Assert.Contains(servers, server => server!["name"]!.GetValue<string>() == name));
            var reports = (await caller.CallAsync("reports"))!.AsArray();
            Assert.All(reports, report => Assert.Null(report!["error"]));
            Assert.Equal(2, reports.Count);

            await caller.CallAsync("kick", other);
            Assert.Equal(0, await CountAsync(caller, other));
            await Task.WhenAll(members.Select(member => member.Closed.UntilAsync(1, "the end of its connection")));
            await Assert.ThrowsAsync<ClientException>(() => caller.CallAsync("count", 7));
            await caller.CloseAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task When_a_worker_is_killed_no_operation_fails_or_waits_for_it_before_during_or_after()
    {
        var hub = await shared.Clients.OpenAsync(shared.Cluster.Url(1));
        var socket = await shared.SocketIO.OpenAsync(shared.Cluster.Url(1), "websocket");
        JavaScriptClient[] callers = [hub, socket];
        var stays = await shared.Clients.JoinAsync(shared.Cluster.Url(2), _room);
        var dies = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        var moved = await shared.Clients.JoinAsync(shared.Cluster.Url(2), _room + "-a");

        using var rest = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (begun, loops) = Loops(callers, stays, dies, moved, rest);
        await begun;

        // One that is asked, and whose worker dies before it answers. Each of these has a caller of its own, since calls of one client wait for each other.
        var question = $"silence {dies.Name}";
        JavaScriptClient[] more = [await shared.Clients.OpenAsync(shared.Cluster.Url(1)), await shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "websocket")];
        var asked = more.Select(caller => caller.CallAsync("ask", _room, question)).ToArray();
        while (dies.Asked.All.Count(heard => heard == $"\"{question}\"") < more.Length)
        {
            await dies.Asked.UntilAsync(dies.Asked.Count + 1, "both questions");
        }

        await shared.Cluster.KillAsync("worker-3"); // until the next one is ready

        foreach (var answers in asked)
        {
            var result = (await answers)!;
            Assert.Equal(stays.Id, Assert.Single(result["all"]!.AsArray())!["socket"]!.GetValue<string>());
            Assert.All(new[] { "silent", "missingServers" }, missing => Assert.Empty(result[missing]!.AsArray()));
        }
        await rest.CancelAsync();
        await loops; // none of them failed

        foreach (var caller in callers)
        {
            Assert.Equal([stays.Id], (await FetchAsync(caller, _room)).Select(Id));
            Assert.Equal(1, await CountAsync(caller, _room));
        }
        var fresh = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        Assert.Equal(Ids(stays, fresh), (await FetchAsync(fresh, _room)).Select(Id).Order(StringComparer.Ordinal));
        Assert.Equal(2, ((await fresh.CallAsync("reports"))!.AsArray()).Count);
        await CloseAsync([hub, socket, stays, moved, fresh, .. more]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_worker_that_is_frozen_is_named_when_the_time_is_up_and_its_late_answers_are_dropped_when_it_goes_on()
    {
        var hub = await shared.Clients.OpenAsync(shared.Cluster.Url(1));
        var socket = await shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "websocket");
        JavaScriptClient[] callers = [hub, socket];
        var near = await shared.SocketIO.JoinAsync(shared.Cluster.Url(2), _room, "websocket");
        var far = await shared.Clients.JoinAsync(shared.Cluster.Url(3), _room);
        var frozen = Server((await FetchAsync(hub, _room)).Single(s => Id(s) == far.Id));

        // Calls of one client wait for each other; these are to wait together.
        var asking = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(
                i => i % 2 == 0 ? shared.Clients.OpenAsync(shared.Cluster.Url(1)) : shared.SocketIO.OpenAsync(shared.Cluster.Url(2), "websocket")));

        var process = shared.Cluster.ProcessOf("worker-3");
        OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Stop);
        try
        {
            await Task.WhenAll(
                FailsAsync(asking[0], "fetch", frozen, _room),
                FailsAsync(asking[1], "count", frozen, _room),
                FailsAsync(asking[2], "rooms", frozen),
                FailsAsync(asking[3], "move", frozen, _room, _room + "-other"),
                FailsAsync(asking[4], "reports", frozen),
                AskAsync(asking[5]));
        }
        finally
        {
            OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Continue);
        }

        // What was sent to it meanwhile it does now; what it answers nobody waits for.
        await UntilMovedAsync();
        foreach (var caller in callers)
        {
            Assert.Equal(Ids(near, far), (await FetchAsync(caller, _room + "-other")).Select(Id).Order(StringComparer.Ordinal));
            Assert.Equal(2, await CountAsync(caller, _room + "-other"));
            Assert.Equal(2, (await caller.CallAsync("reports"))!.AsArray().Count);
        }
        await hub.CallAsync("say", _room + "-other", "back");
        await far.HearsAsync("\"back\"");
        Assert.Equal(0, far.Closed.Count);
        await CloseAsync([hub, socket, near, far, .. asking]);

        async Task AskAsync(JavaScriptClient caller)
        {
            var result = (await caller.CallAsync("ask", _room, "?"))!;
            Assert.Equal(near.Id, Assert.Single(result["all"]!.AsArray())!["socket"]!.GetValue<string>());
            Assert.Equal(frozen, Assert.Single(result["missingServers"]!.AsArray())!.GetValue<string>());
        }

        // Its link to the directory may have to be made again first.
        async Task UntilMovedAsync()
        {
            while (true)
            {
                try
                {
                    if (await CountAsync(hub, _room + "-other") == 2)
                    {
                        return;
                    }
                }
                catch (ClientException)
                {
                    // It is not there again.
                }
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Each operation again and again from each caller; <c>Begun</c> ends when each has been done once.</summary>
    private (Task Begun, Task Ended) Loops(
        JavaScriptClient[] callers, JavaScriptClient stays, JavaScriptClient dies, JavaScriptClient moved, CancellationTokenSource rest)
    {
        List<Task> begun = [], ended = [];
        foreach (var caller in callers)
        {
            Add(async () =>
            {
                var ids = (await FetchAsync(caller, _room)).Select(Id).ToArray();
                Assert.Contains(stays.Id, ids);
                Assert.Subset(new HashSet<string> { stays.Id, dies.Id }, ids.ToHashSet());
                Assert.Equal(ids.Length, ids.Distinct().Count());
            });
            Add(async () => Assert.InRange(await CountAsync(caller, _room), 1, 2));
            Add(async () => Assert.Contains(_room, (await caller.CallAsync("rooms"))!.AsArray().Select(name => name!.GetValue<string>())));
            Add(async () => Assert.InRange((await caller.CallAsync("reports"))!.AsArray().Count, 1, 2));
            Add(async () => Assert.InRange((await caller.CallAsync("ask", _room, "?"))!["all"]!.AsArray().Count, 1, 2));
            Add(() => caller.CallAsync("servers"));
        }
        Add(async () =>
        {
            await callers[0].CallAsync("move", _room + "-a", _room + "-b");
            await callers[0].CallAsync("move", _room + "-b", _room + "-a");
            Assert.Equal([moved.Id], (await FetchAsync(callers[0], _room + "-a")).Select(Id));
        });
        return (Task.WhenAny(Task.WhenAll(begun), Task.WhenAll(ended)).Unwrap(), Task.WhenAll(ended));

        void Add(Func<Task> operation)
        {
            var first = new TaskCompletionSource();
            begun.Add(first.Task);
            ended.Add(LoopAsync(operation, first));
        }

        async Task LoopAsync(Func<Task> operation, TaskCompletionSource first)
        {
            try
            {
                while (!rest.IsCancellationRequested)
                {
                    await operation();
                    first.TrySetResult();
                    await Task.Delay(Pause, TestContext.Current.CancellationToken);
                }
            }
            finally
            {
                await rest.CancelAsync(); // where one fails, the others need not go on
            }
        }
    }

    private async Task FailsAsync(JavaScriptClient caller, string operation, string server, params string[] arguments)
    {
        JsonNode? result;
        try
        {
            result = await caller.CallAsync(operation, [.. arguments]);
        }
        catch (ClientException exception)
        {
            Assert.Contains(server, exception.Message, StringComparison.Ordinal);
            return;
        }
        Assert.Fail($"\"{operation}\" did not wait for {server}, which is frozen; it returned {result?.ToJsonString()}. The primary:\n{shared.Cluster.Said}");
    }

    private static async Task<JsonNode[]> FetchAsync(JavaScriptClient caller, string room) =>
        [.. (await caller.CallAsync("fetch", room))!.AsArray().Select(socket => socket!)];

    private static async Task<int> CountAsync(JavaScriptClient caller, string room) => (await caller.CallAsync("count", room))!.GetValue<int>();

    private static Task CloseAsync(IEnumerable<JavaScriptClient> clients) => Task.WhenAll(clients.Select(client => client.CloseAsync()));

    private static string Id(JsonNode socket) => socket["id"]!.GetValue<string>();

    private static string Server(JsonNode socket) => socket["server"]!.GetValue<string>();

    private static string[] Ids(params JavaScriptClient[] clients) => [.. clients.Select(client => client.Id).Order(StringComparer.Ordinal)];
}
