using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What the application does with what comes.</summary>
public sealed class HandlerTests
{
    [Fact]
    public async Task What_is_done_when_a_socket_comes_and_goes_runs_beside_none_of_its_handlers()
    {
        var (connecting, working) = (new TaskCompletionSource(), new TaskCompletionSource());
        var happened = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.HandlerScheduling = HandlerScheduling.Parallel, serve: io => io
            .OnConnection(async socket =>
            {
                socket.OnDisconnect(_ => happened.Writer.TryWrite("disconnected"));
                await connecting.Task;
                happened.Writer.TryWrite("connected");
            })
            .On("work", async () =>
            {
                happened.Writer.TryWrite("begun");
                await working.Task;
                happened.Writer.TryWrite("done");
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("42[\"work\"]");
        await socket.SendAsync("42[\"work\"]");
        var events = Assert.Single(cluster[0].IO.Root.Sockets).Events;
        connecting.SetResult();
        Assert.Equal("connected", await happened.NextAsync());
        Assert.Equal("begun", await happened.NextAsync());
        Assert.Equal("begun", await happened.NextAsync());
        await socket.CloseAsync();
        await InTime.UntilAsync(() => cluster[0].IO.Root.Sockets.Count == 0);
        Assert.False(happened.Reader.TryRead(out _));
        working.SetResult();
        foreach (var expected in new[] { "done", "done", "disconnected" })
        {
            Assert.Equal(expected, await happened.NextAsync(expected));
        }
        await InTime.UntilAsync(() => !events.IsRunning);
    }

    [Theory]
    [InlineData(HandlerScheduling.Interleaved)]
    [InlineData(HandlerScheduling.Sequential)]
    [InlineData(HandlerScheduling.Parallel)]
    public async Task Many_events_at_once_are_all_handled_and_begin_in_order_however_long_each_takes(HandlerScheduling scheduling)
    {
        var begun = new List<int>();
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.HandlerScheduling, options.MaxWaitingEvents) = (scheduling, 20), serve: io => io.On("work", async (int number) =>
        {
            begun.Add(number); // one at a time up to here
            for (var i = 0; i < number % 5; i++)
            {
                await Task.Yield();
            }
            return number;
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 2_000; i++)
        {
            await socket.SendAsync($"42{i}[\"work\",{i}]");
        }
        HashSet<string> answers = [];
        while (answers.Count < 2_000)
        {
            Assert.True(answers.Add(await socket.ReceiveTextAsync()));
        }
        Assert.Equal(Enumerable.Range(0, 2_000), begun);
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => $"43{i}[{i}]").Order(StringComparer.Ordinal), answers.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(HandlerScheduling.Interleaved)]
    [InlineData(HandlerScheduling.Sequential)]
    [InlineData(HandlerScheduling.Parallel)]
    public async Task A_client_that_sends_faster_than_it_is_served_is_read_no_further(HandlerScheduling scheduling)
    {
        var (gate, begun) = (new TaskCompletionSource(), 0);
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.HandlerScheduling, options.MaxWaitingEvents) = (scheduling, 10), serve: io => io.On("work", async () =>
        {
            var number = ++begun;
            await gate.Task;
            return number;
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 1; i <= 1000; i++)
        {
            await socket.SendAsync($"42{i}[\"work\"]");
        }
        var events = Assert.Single(cluster[0].IO.Root.Sockets).Events;
        await InTime.UntilAsync(() => events.IsFull);
        Assert.InRange(Volatile.Read(ref begun), 0, 11);
        gate.SetResult();
        HashSet<string> answers = [];
        while (answers.Count < 1000)
        {
            Assert.True(answers.Add(await socket.ReceiveTextAsync()));
        }
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => $"43{i}[{i}]").Order(StringComparer.Ordinal), answers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_handler_that_throws_answers_nothing_and_kills_nothing()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.On("throw", void () => throw new InvalidOperationException("on purpose"));
            io.On("throw-async", async () =>
            {
                await Task.Yield();
                throw new InvalidOperationException("on purpose");
            });
            io.On("typed", (int number) => number + 1);
        });
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"throw\"]");
        await socket.SendAsync("422[\"throw-async\"]");
        await socket.SendAsync("423[\"typed\",\"text\"]");
        await socket.SendAsync("424[\"typed\"]");
        await socket.SendAsync("425[\"typed\",null]");
        await socket.SendAsync("426[\"typed\",1]");
        await socket.SendAsync("42[\"typed\"]");

        Assert.Equal("433[{\"error\":\"argument 0 is not what this event takes\"}]", await socket.ReceiveAsync());
        Assert.Equal("434[{\"error\":\"argument 0 is missing\"}]", await socket.ReceiveAsync());
        Assert.Equal("435[{\"error\":\"argument 0 is not what this event takes\"}]", await socket.ReceiveAsync());
        Assert.Equal("436[2]", await socket.ReceiveAsync());
        // Only the application's own failures are errors; arguments that do not fit are the client's.
        Assert.Equal(2, cluster[0].Log.Errors.Count);
        Assert.All(cluster[0].Log.Errors, error => Assert.Contains("on purpose", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handlers_take_what_they_ask_for()
    {
        var seen = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddScoped<Greeter>(), serve: io => io.OnConnection(socket =>
        {
            socket.On("all", (string text, Point point, byte[] bytes, int? missing, CancellationToken end, Greeter greeter, SocketIOEvent e) =>
                e.Ack.Send(text, point, bytes.Length, missing, end.IsCancellationRequested, greeter.Greet(e.Name)));
            socket.On("value", () => new Point(1, 2));
            socket.On("value-task", (Point point) => ValueTask.FromResult(point.X));
            socket.On("nothing", () => { });
            socket.OnAny(e => seen.Writer.TryWrite($"in {e.Name}"));
            socket.OnAnyOutgoing((name, arguments) => seen.Writer.TryWrite($"out {name} {arguments.Count}"));
            socket.On("emit", () => socket.Emit("emitted", 1, 2));
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("451-1[\"all\",\"a\",{\"x\":1,\"y\":2},{\"_placeholder\":true,\"num\":0}]");
        await socket.SendAsync([1, 2, 3]);
        Assert.Equal("431[\"a\",{\"x\":1,\"y\":2},3,null,false,\"Hello all\"]", await socket.ReceiveAsync());
        await socket.SendAsync("422[\"value\"]");
        Assert.Equal("432[{\"x\":1,\"y\":2}]", await socket.ReceiveAsync());
        await socket.SendAsync("423[\"value-task\",{\"x\":5}]");
        Assert.Equal("433[5]", await socket.ReceiveAsync());
        await socket.SendAsync("424[\"nothing\"]");
        Assert.Equal("434[]", await socket.ReceiveAsync());
        await socket.SendAsync("42[\"emit\"]");
        Assert.Equal("42[\"emitted\",1,2]", await socket.ReceiveAsync());
        foreach (var expected in new[] { "in all", "in value", "in value-task", "in nothing", "in emit", "out emitted 2" })
        {
            Assert.Equal(expected, await seen.NextAsync(expected));
        }
    }

    [Fact]
    public async Task Middlewares_let_in_or_refuse()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.Use(async socket =>
            {
                Assert.False(socket.Connected);
                await Task.Yield();
                if (!socket.Handshake.Auth.TryGetProperty("token", out var token))
                {
                    throw new ConnectErrorException("not authorized", new { content = "Please retry later" });
                }
                socket.Data["token"] = token.GetString();
                await socket.Join("early");
            });
            io.Of("/broken").Use(_ => throw new InvalidOperationException("secret"));
            io.On("data", (SocketIOSocket socket) => $"{socket.Data["token"]} {string.Join(',', socket.Rooms.Where(room => room != socket.Id.ToString()))}");
        });
        await using var refused = await cluster[0].ConnectAsync();
        await refused.SendAsync("40");
        Assert.Equal("44{\"message\":\"not authorized\",\"data\":{\"content\":\"Please retry later\"}}", await refused.ReceiveAsync());
        await refused.SendAsync("40/broken");
        Assert.Equal("44/broken,{\"message\":\"Internal server error\"}", await refused.ReceiveAsync());
        Assert.Empty(cluster[0].IO.Root.Sockets);
        var (socket, _) = await cluster[0].JoinAsync(auth: "{\"token\":\"abc\"}");
        await socket.SendAsync("421[\"data\"]");
        Assert.Equal("431[\"abc early\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_middleware_of_a_socket_may_refuse_an_event()
    {
        var errors = Channel.CreateUnbounded<Exception>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket =>
        {
            socket.Use(e => e.Name == "bad" ? throw new InvalidOperationException("not that") : Task.CompletedTask);
            socket.OnError(error => errors.Writer.TryWrite(error));
            socket.On("bad", () => "reached");
            socket.On("good", () => "reached");
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"bad\"]");
        await socket.SendAsync("422[\"good\"]");
        Assert.Equal("432[\"reached\"]", await socket.ReceiveAsync());
        Assert.Equal("not that", (await errors.NextAsync()).Message);
    }

    private sealed record Point(int X, int Y);

    private sealed class Greeter
    {
        public string Greet(string name) => $"Hello {name}";
    }

    [Fact]
    public async Task Handlers_are_taken_back_and_those_for_one_event_run_once()
    {
        var heard = Channel.CreateUnbounded<string>();
        void Hear(string text) => heard.Writer.TryWrite(text);
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket =>
        {
            var again = () => Hear("again");
            socket.On("x", again).On("x", again).Once("x", () => Hear("once")).On("x", () => Hear("last"));
            socket.Once("x", again).Off("x", again);
            Assert.Equal(4, socket.Listeners("x").Count);
            socket.Once("never", again).Off("never", again);
            Assert.Empty(socket.Listeners("never"));
            socket.On("y", () => Hear("y")).On("end", () => socket.Off());
            socket.On("off", () => socket.Off("x"));
        }));
        var (client, _) = await cluster[0].JoinAsync();
        foreach (var name in new[] { "x", "x", "never", "off", "x", "y", "end", "y" })
        {
            await client.SendAsync($"42[\"{name}\"]");
        }
        foreach (var expected in new[] { "again", "again", "once", "last", "again", "again", "last", "y" })
        {
            Assert.Equal(expected, await heard.NextAsync(expected));
        }
        await client.CloseAsync();
        Assert.False(heard.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Listeners_of_any_event_run_in_their_order_and_are_taken_back_one_by_one()
    {
        var heard = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket =>
        {
            Action<SocketIOEvent> In(string text) => @event => heard.Writer.TryWrite($"{text} {@event.Name}");
            Action<string, SocketIOArguments> Out(string text) => (name, arguments) => heard.Writer.TryWrite($"{text} {name} {arguments.Get<int>(0)}");
            var (second, third, gone) = (In("second"), In("third"), In("gone"));
            socket.OnAny(second).OnAny(gone).OnAny(third).PrependAny(In("first")).OnAny(gone).OffAny(gone).OffAny(gone).OffAny(gone);
            Assert.Equal(3, socket.ListenersAny().Count);
            Assert.Equal([second, third], socket.ListenersAny().Skip(1));
            var (last, lost) = (Out("last"), Out("lost"));
            socket.OnAnyOutgoing(lost).OnAnyOutgoing(last).PrependAnyOutgoing(Out("before")).OffAnyOutgoing(lost);
            Assert.Equal([last], socket.ListenersAnyOutgoing().Skip(1));
            socket.On("ask", () => socket.Emit("answer", 1));
            socket.On("silence", () => socket.OffAny().OffAnyOutgoing());
            socket.On("end", () => heard.Writer.TryWrite("end"));
        }));
        var (client, _) = await cluster[0].JoinAsync();
        foreach (var name in new[] { "ask", "silence", "ask", "end" })
        {
            await client.SendAsync($"42[\"{name}\"]");
        }
        List<string> all = [];
        while (all.Count < 9)
        {
            all.Add(await heard.NextAsync());
        }
        Assert.Equal(
            ["first ask", "second ask", "third ask", "first silence", "second silence", "third silence", "end"],
            all.Where(text => !text.Contains("answer", StringComparison.Ordinal)));
        Assert.Equal(["before answer 1", "last answer 1"], all.Where(text => text.Contains("answer", StringComparison.Ordinal)));
    }
}
