using OrleansAdapter.Namespaces;
using OrleansAdapter.Requests;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Requests while servers die and sockets come and go.</summary>
public abstract class RequestDeathTests(TestCluster cluster) : HubSuite(cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Each operation, with a time limit that none of them may need; they return what they found.</summary>
    private static Dictionary<string, Func<Namespace, Task<object>>> Operations { get; } = new()
    {
        ["count"] = async n => await Patient(n).CountSocketsAsync(Cancellation),
        ["fetch"] = async n => (await Patient(n).FetchSocketsAsync(cancellationToken: Cancellation)).Count,
        ["ids"] = async n => (await Patient(n).SocketIdsAsync(Cancellation)).Count,
        ["rooms"] = async n => (await Patient(n).RoomsAsync(Cancellation)).Count,
        ["join"] = n => Ended(Patient(n).SocketsJoinAsync("room")),
        ["leave"] = n => Ended(Patient(n).SocketsLeaveAsync("left")),
        ["disconnect"] = n => Ended(n.To("nobody", "room").Except("room").Timeout(TimeSpan.FromMinutes(10)).DisconnectSocketsAsync()),
        ["ask"] = async n => (await Patient(n).EmitWithAckAsync<int>("ask", "?")).Count,
        ["servers"] = async n =>
            (
                await n.ServerSideEmitWithAckAsync<int>(
                    "nobody handles it", TimeSpan.FromMinutes(10))).Count(answer => !answer.Error!.Contains("died", StringComparison.Ordinal)),
    };

    [Fact]
    public async Task Nothing_fails_nor_waits_for_a_server_that_dies_whether_before_during_or_after()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var answering = AnswerAsync(await a.ConnectAsync());
        await b.ConnectAsync();
        await a.Namespace.SocketsJoinAsync("room").InTimeAsync();
        Silence(b.Namespace);

        var asked = Operations.ToDictionary(operation => operation.Key, operation => operation.Value(a.Namespace));
        await a.Namespace.Emit("said", "behind all of them in the order").InTimeAsync();
        b.Directory.IsCutOff = true;
        var meanwhile = Operations.ToDictionary(operation => operation.Key, operation => operation.Value(a.Namespace));
        await Cluster.ReportDeathAsync(b.This.Process).InTimeAsync();
        var afterwards = Operations.ToDictionary(operation => operation.Key, operation => operation.Value(a.Namespace));

        foreach (var (name, found) in asked.Concat(meanwhile).Concat(afterwards))
        {
            Assert.Equal((name, 1L), (name, Convert.ToInt64(await found.InTimeAsync(), System.Globalization.CultureInfo.InvariantCulture)));
        }
        Assert.Equal(0, a.This.PendingRequestCount);
        await a.DisposeAsync();
        await answering.InTimeAsync();
    }

    [Fact]
    public async Task Who_joins_and_leaves_while_sockets_are_fetched_is_seen_once_or_not_at_all_and_all_others_always()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        TestClient[] staying = [await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync()];
        TestClient[] moving = [await a.ConnectAsync(), await b.ConnectAsync()];
        foreach (var client in staying)
        {
            await a.Manager.AddToGroupAsync(client.Id, "room").InTimeAsync();
        }
        using var end = new CancellationTokenSource();
        var moves = moving.Select(client => MoveAsync(client)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            var found = (await (i % 2 == 0 ? a : b).Namespace.To("room").FetchSocketsAsync(cancellationToken: Cancellation).InTimeAsync())
                .Select(socket => socket.Id.ToString())
                .ToArray();
            Assert.Distinct(found);
            Assert.All(staying, client => Assert.Contains(client.Id, found));
            Assert.Subset(staying.Concat(moving).Select(client => client.Id).ToHashSet(), found.ToHashSet());
        }
        await end.CancelAsync();
        await Task.WhenAll(moves).InTimeAsync();

        // What has ended holds: the one before this line has joined or left for everybody.
        async Task MoveAsync(TestClient client)
        {
            while (!end.IsCancellationRequested)
            {
                await a.Manager.AddToGroupAsync(client.Id, "room");
                Assert.Contains(client.Id, (await b.Namespace.To("room").SocketIdsAsync(Cancellation)).Select(id => id.ToString()));
                await b.Manager.RemoveFromGroupAsync(client.Id, "room");
                Assert.DoesNotContain(client.Id, (await b.Namespace.To("room").SocketIdsAsync(Cancellation)).Select(id => id.ToString()));
            }
        }
    }

    private static BroadcastOperator Patient(Namespace @namespace) => @namespace.To("room").Timeout(TimeSpan.FromMinutes(10));

    /// <summary>It takes every request, and answers none.</summary>
    private static void Silence(Namespace @namespace)
    {
        foreach (var kind in Enum.GetValues<RequestKind>())
        {
            @namespace.Handle(kind, _ => { });
        }
    }

    private static async Task<object> Ended(Task task)
    {
        await task;
        return 1;
    }

    private static async Task AnswerAsync(TestClient client)
    {
        while (await client.NextAsync() is { } message)
        {
            if (message is Microsoft.AspNetCore.SignalR.Protocol.InvocationMessage { Target: "ask" } asked)
            {
                await client.AnswerAsync(asked, 1);
            }
        }
    }
}
