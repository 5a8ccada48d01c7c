using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Clients that take what they can, and moments that are just wrong.</summary>
public sealed class HostileClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payload_of_more_events_than_may_wait_ends_the_connection()
    {
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("a", () => gate.Task));
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var path = await OpenAsync(http);
        await JoinAsync(http, path, "40");
        var payload = new StringBuilder("42[\"a\"]", 1 << 20);
        for (var i = 0; i < 100_000; i++)
        {
            payload.Append("\u001e42[\"a\"]");
        }
        using var posted = await http.PostAsync(path, new StringContent(payload.ToString()), Cancellation);

        Assert.Equal(0, cluster[0].IO.Engine.SessionCount);
        gate.SetResult();
    }

    [Theory]
    [InlineData(HandlerScheduling.Interleaved)]
    [InlineData(HandlerScheduling.Sequential)]
    [InlineData(HandlerScheduling.Parallel)]
    public async Task A_client_that_is_full_is_read_while_an_acknowledgement_is_waited_for(HandlerScheduling scheduling)
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.HandlerScheduling, options.MaxWaitingEvents) = (scheduling, 1),
            serve: io => io.On("work", async (SocketIOSocket socket, int n) => await socket.EmitWithAckAsync<int>("ask", n)));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 50; i++)
        {
            await socket.SendAsync($"42{i}[\"work\",{i}]");
        }
        HashSet<string> answers = [];
        for (var (asked, next) = (0, ""); answers.Count < 50;)
        {
            next = await socket.ReceiveTextAsync();
            if (next.StartsWith("42", StringComparison.Ordinal))
            {
                Assert.Equal($"42{asked}[\"ask\",{asked}]", next);
                await socket.SendAsync($"43{asked}[{asked++}]");
            }
            else
            {
                Assert.True(answers.Add(next));
            }
        }
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"43{i}[{i}]").Order(StringComparer.Ordinal), answers.Order(StringComparer.Ordinal));
        await socket.CloseAsync();
    }

    [Fact]
    public async Task A_client_that_hangs_up_behind_a_handler_that_waits_for_that_is_gone()
    {
        var told = new TaskCompletionSource<SocketIODisconnect>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxWaitingEvents = 10, serve: io =>
        {
            io.OnConnection(socket => socket.OnDisconnect(told.SetResult));
            io.On("stream", (CancellationToken gone) => Task.Delay(Timeout.Infinite, gone));
        });
        var (socket, id) = await cluster[0].JoinAsync();
        var events = cluster[0].IO.Root.Find(id)!.Events;
        for (var i = 0; i < 100; i++)
        {
            await socket.SendAsync("42[\"stream\"]");
        }
        await InTime.UntilAsync(() => events.IsFull);
        socket.Abort();

        Assert.Equal(DisconnectReasons.TransportClose, (await told.Task.InTimeAsync()).Reason);
        Assert.Empty(cluster[0].IO.Root.Sockets);
    }

    [Fact]
    public async Task A_client_whose_queue_is_full_as_it_comes_in_leaves_nothing()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io => io.Of("/other"),
            build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.ClientQueueHardLimit = options.ClientQueueLimit = 64 << 10));
        var io = cluster[0].IO;
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var path = await OpenAsync(http);
        IDrainedClient client = io.Engine.Find(path[(path.LastIndexOf('=') + 1)..])!;
        await JoinAsync(http, path, "40");
        await io.Emit("fill", new string('x', 70_000));
        using var posted = await http.PostAsync(path, new StringContent("40/other,"), Cancellation);

        // It is not about to come in any more, and this server has forgotten it; so has the cluster then.
        await InTime.UntilAsync(() => io.Engine.SessionCount == 0 && !client.IsBusy);
        await InTime.UntilAsync(() => io.Root.Core.HeldSockets == 0 && io.Of("/other").Core.HeldSockets == 0);
        Assert.Empty(io.Root.Sockets);
        Assert.Empty(io.Of("/other").Sockets);
        Assert.Equal((0, 0), (await io.CountSocketsAsync(Cancellation), await io.Of("/other").CountSocketsAsync(Cancellation)));
    }

    [Fact]
    public async Task A_client_that_goes_before_it_cannot_come_in_leaves_nothing()
    {
        var came = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.Use(async socket =>
        {
            // The name of a room that no socket can join.
            await socket.Join(socket.Id.ToString());
            var gone = new TaskCompletionSource();
            await using var registration = socket.Disconnected.Register(gone.SetResult);
            came.SetResult();
            await gone.Task;
        }));
        await using var socket = await cluster[0].ConnectAsync();
        await socket.SendAsync("40");
        await came.Task.InTimeAsync();
        socket.Abort();
        while (cluster[0].Log.Errors.Count == 0)
        {
            await Task.Delay(10, Cancellation);
        }

        Assert.Equal(0, await cluster[0].IO.CountSocketsAsync(Cancellation));
        Assert.Contains("a middleware failed", Assert.Single(cluster[0].Log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_had_to_leave_may_come_back_at_once()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("leave", (SocketIOSocket socket) => socket.Disconnect()));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 200; i++)
        {
            await socket.SendAsync("42[\"leave\"]");
            Assert.Equal("41", await socket.ReceiveAsync());
            await socket.SendAsync("40");
            Assert.StartsWith("40{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        }
        await socket.CloseAsync();
    }

    [Fact]
    public async Task A_client_on_its_way_into_too_many_namespaces_is_refused_those_and_may_be_in_more()
    {
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => options.MaxDynamicNamespacesPerConnection = 200, serve: io => io.Of(async (_, _) =>
        {
            await gate.Task;
            return true;
        }));
        await using var socket = await cluster[0].ConnectAsync();
        for (var i = 0; i <= 100; i++)
        {
            await socket.SendAsync($"40/{i},");
        }
        Assert.Equal("44/100,{\"message\":\"Too many namespaces at once\"}", await socket.ReceiveAsync());
        gate.SetResult();
        for (var i = 0; i < 100; i++)
        {
            Assert.StartsWith("40/", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        }
        string answer;
        do
        {
            // The last may just be coming in.
            await socket.SendAsync("40/100,");
            answer = await socket.ReceiveTextAsync();
        }
        while (answer.StartsWith("44", StringComparison.Ordinal));
        Assert.StartsWith("40/100,{", answer, StringComparison.Ordinal);
        await socket.CloseAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broadcast_says_whether_it_may_be_compressed(bool compress)
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var path = await OpenAsync(http);
        await JoinAsync(http, path, "40");
        await cluster[0].IO.Compress(compress).Emit("large", new string('x', 5000));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", "gzip");
        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal(compress ? ["gzip"] : [], response.Content.Headers.ContentEncoding);
    }

    private static async Task<string> OpenAsync(HttpClient http)
    {
        using var handshake = JsonDocument.Parse((await http.GetStringAsync("/socket.io/?EIO=4&transport=polling", Cancellation)).AsMemory(1));
        return $"/socket.io/?EIO=4&transport=polling&sid={handshake.RootElement.GetProperty("sid").GetString()}";
    }

    private static async Task JoinAsync(HttpClient http, string path, string connect)
    {
        using var posted = await http.PostAsync(path, new StringContent(connect), Cancellation);
        Assert.StartsWith(connect, await http.GetStringAsync(path, Cancellation), StringComparison.Ordinal);
    }
}
