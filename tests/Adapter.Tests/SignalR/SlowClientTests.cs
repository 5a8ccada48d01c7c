using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>
/// A client that does not read: what is kept for it, what it loses, and that nobody else notices. The transport of these clients holds next to nothing.
/// </summary>
public sealed class SlowClientTests() : HubSuite(new InProcessTestCluster())
{
    private const int Limit = 64 << 10;
    private const int Buffer = 1 << 10;

    [Fact]
    public async Task A_slow_client_is_disconnected_and_nobody_else_waits_for_it()
    {
        var server = await SmallServerAsync();
        using var metrics = new MetricsReader(server.Services);
        var (slow, fast) = (await SlowAsync(server), await server.ConnectAsync());
        for (var i = 0; i < 200; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
            Assert.InRange(Queue(slow), 0, Limit);
            await fast.HearsAsync(Text(i)); // the queue is small here: who is fast has to be given the time to be
        }
        Assert.Equal(fast.Id, Assert.Single(await server.Namespace.SocketIdsAsync().InTimeAsync()).ToString());
        Assert.Equal(1, metrics["orleansadapter.disconnects{SlowClient}"]);
        Assert.Single(
            server.Log.Lines,
            line => line.Level == LogLevel.Information && line.Text.Contains($"{slow.Id} is closed by this server: SlowClient", StringComparison.Ordinal));

        // When it reads after all, what it gets is what it was sent first, and the reason.
        slow.Read();
        HubMessage? message;
        for (var i = 0; (message = await slow.NextAsync()) is InvocationMessage invocation; i++)
        {
            Assert.Equal(Text(i), invocation.Arguments[0]);
        }
        var close = Assert.IsType<CloseMessage>(message);
        Assert.True(close.AllowReconnect);
        Assert.Contains("slow", close.Error, StringComparison.Ordinal);
        Assert.Null(await slow.NextAsync());
        await slow.Served.InTimeAsync();
    }

    [Fact]
    public async Task A_client_that_is_slow_for_a_while_gets_everything_in_order()
    {
        var server = await SmallServerAsync();
        var slow = await SlowAsync(server);
        for (var i = 0; i < 50; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        Assert.InRange(Queue(slow), 1, Limit);
        slow.Read();
        for (var i = 50; i < 400; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
            await slow.HearsAsync(Text(i - 50));
        }
        for (var i = 350; i < 400; i++)
        {
            await slow.HearsAsync(Text(i));
        }
        Assert.Equal(0, Queue(slow));
    }

    [Fact]
    public async Task Volatile_events_are_dropped_before_anybody_is_disconnected()
    {
        var server = await SmallServerAsync();
        using var metrics = new MetricsReader(server.Services);
        var slow = await SlowAsync(server);
        slow.Arguments["may be lost"] = [typeof(string)];
        for (var i = 0; i < 200; i++)
        {
            await server.Namespace.Volatile.Emit("may be lost", Text(i)).InTimeAsync();
        }
        var lost = metrics["orleansadapter.drops"];
        Assert.InRange(lost, 100, 199);
        for (var i = 0; i < 50; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        Assert.InRange(metrics["orleansadapter.drops"], lost + 40, 199);
        Assert.Equal(0, metrics["orleansadapter.disconnects"]);
        slow.Read();
        var (heard, last) = (0, -1);
        while (heard < 50)
        {
            var invocation = await slow.NextInvocationAsync();
            var number = int.Parse(((string)invocation.Arguments[0]!).Split(' ')[0]);
            if (invocation.Target == "said")
            {
                Assert.Equal(heard++, number);
            }
            else
            {
                Assert.Equal(0, heard); // what was kept of the volatile ones was sent before
                Assert.True(number > last);
                last = number;
            }
        }
    }

    [Fact]
    public async Task A_frame_that_is_larger_than_the_limit_passes()
    {
        var server = await SmallServerAsync();
        var slow = await SlowAsync(server);
        var large = new string('x', 2 * Limit);
        for (var i = 0; i < 4; i++)
        {
            await server.Manager.SendAllAsync("said", [$"{i}{large}"]).InTimeAsync();
        }
        slow.Read();
        for (var i = 0; i < 4; i++)
        {
            await slow.HearsAsync($"{i}{large}");
        }
    }

    [Fact]
    public async Task A_result_does_not_overtake_what_waits_for_its_client()
    {
        var server = await SmallServerAsync();
        var slow = await SlowAsync(server);
        var call = slow.CallAsync(nameof(TestHub.Echo), new string('x', 500), 100);
        await InTime.UntilAsync(() => Queue(slow) > 30_000);
        slow.Read();
        await call;
        var taken = slow.Taken.ToArray();
        Assert.Equal(101, taken.Length);
        Assert.All(taken[..100], message => Assert.IsType<InvocationMessage>(message));
        Assert.IsType<CompletionMessage>(taken[100]);
    }

    [Fact]
    public async Task Events_and_results_for_a_client_that_is_just_fast_enough_all_arrive()
    {
        const int count = 3000;
        var server = await ServerAsync();
        var client = await server.ConnectAsync(buffer: 256);
        var sent = Task.Run(() => Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            await Task.Yield();
            await server.Manager.SendAllAsync("said", [$"{i}"]);
        })));
        for (var i = 0; i < count / 10; i++)
        {
            Assert.Null((await client.CallAsync(nameof(TestHub.Id))).Error);
        }
        await sent.InTimeAsync();
        HashSet<string> heard = [];
        while (heard.Count < count)
        {
            Assert.True(heard.Add((string)(await client.NextInvocationAsync()).Arguments[0]!));
        }
    }

    [Fact]
    public async Task A_client_that_reads_gets_all_of_a_burst()
    {
        const int parts = 200;
        var server = await ServerAsync();
        var client = await server.ConnectAsync();
        var part = new string('x', 100_000);
        var sent = Task.WhenAll(Enumerable.Range(0, parts).Select(i => server.Manager.SendAllAsync("said", [$"{i} {part}"])));
        for (var i = 0; i < parts; i++)
        {
            await client.HearsAsync($"{i} {part}");
        }
        await sent.InTimeAsync();
        Assert.Equal(0, Queue(client));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_a_time_is_disconnected()
    {
        var server = await ServerAsync(
            (OrleansAdapterOptions options) => (options.ClientQueueLimit, options.SlowClientTime) = (Limit, TimeSpan.FromMilliseconds(200)));
        var slow = await SlowAsync(server);
        for (var i = 0; i < 200; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        await InTime.UntilAsync(() => server.Namespace.LocalSocketCount == 0);
        Assert.Single(server.Log.Lines, line => line.Text.Contains($"{slow.Id} is closed by this server: SlowClient", StringComparison.Ordinal));
        slow.Read();
    }

    [Fact]
    public async Task What_waits_for_a_client_that_goes_is_let_go()
    {
        var server = await SmallServerAsync();
        var slow = await SlowAsync(server);
        for (var i = 0; i < 50; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        var socket = slow.Connection.Features.Get<HubSocket>()!;
        slow.Connection.Abort();
        for (var i = 0; i < 200; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        slow.Read();
        await slow.Served.InTimeAsync();
        Assert.Equal(0, socket.QueuedBytes);
        Assert.Empty(await server.Namespace.SocketIdsAsync().InTimeAsync());
    }

    [Fact]
    public async Task Whoever_waits_for_a_result_of_a_slow_client_learns_that_it_was_disconnected()
    {
        var server = await SmallServerAsync();
        var slow = await SlowAsync(server);
        var result = server.Manager.InvokeConnectionAsync<int>(slow.Id, "ask", ["?"], CancellationToken.None);
        for (var i = 0; i < 200; i++)
        {
            await server.Manager.SendAllAsync("said", [Text(i)]).InTimeAsync();
        }
        await Assert.ThrowsAsync<IOException>(() => result.InTimeAsync());
    }

    private static string Text(int i) => $"{i} {new string('x', 1000)}";

    private static long Queue(TestClient client) => client.Connection.Features.Get<HubSocket>()!.QueuedBytes;

    private Task<TestServer> SmallServerAsync() =>
        ServerAsync((OrleansAdapterOptions options) => options.ClientQueueHardLimit = options.ClientQueueLimit = Limit);

    private static async Task<TestClient> SlowAsync(TestServer server)
    {
        var slow = await server.ConnectAsync(reads: false, buffer: Buffer);
        await InTime.UntilAsync(() => server.Namespace.LocalSocketCount == 1);
        return slow;
    }
}
