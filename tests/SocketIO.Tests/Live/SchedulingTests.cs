using System.Threading.Channels;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>How the handlers of one socket run beside each other.</summary>
public sealed class SchedulingTests
{
    private static readonly AsyncLocal<string?> Local = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handler_that_awaits_its_own_client_holds_up_none_of_its_events()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .On("greet", async (SocketIOSocket socket) => "Hello " + await socket.EmitWithAckAsync<string>("name?"))
            .On("fast", () => "fast"));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"greet\"]");
        Assert.Equal("420[\"name?\"]", await socket.ReceiveAsync());
        await socket.SendAsync("422[\"fast\"]");
        Assert.Equal("432[\"fast\"]", await socket.ReceiveAsync());
        await socket.SendAsync("430[\"Ada\"]");
        Assert.Equal("431[\"Hello Ada\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_handler_may_await_what_a_later_event_brings()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket =>
        {
            var next = new TaskCompletionSource<string>();
            socket.On("first", () => next.Task).On("second", (string text) => next.SetResult(text));
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"first\"]");
        await socket.SendAsync("422[\"second\",\"x\"]");
        Assert.Equal(["431[\"x\"]", "432[]"], new[] { await socket.ReceiveTextAsync(), await socket.ReceiveTextAsync() }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Handlers_begin_in_order_and_one_of_a_socket_runs_at_a_time_whatever_it_awaits()
    {
        var begun = new List<int>();
        var (running, most, steps) = (0, 0, 0);
        void Step()
        {
            // Not atomic: two at a time would lose steps.
            most = Math.Max(most, Interlocked.Increment(ref running));
            var before = steps;
            Thread.SpinWait(50);
            steps = before + 1;
            Interlocked.Decrement(ref running);
        }
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxWaitingEvents = 50, serve: io => io
            .On("work", async (int number) =>
            {
                begun.Add(number);
                for (var i = 0; i < number % 7; i++)
                {
                    Step();
                    await Task.Run(() => Thread.SpinWait(100 * ((number + i) % 3)), Cancellation);
                    Step();
                    await Task.Yield();
                }
                Step();
                return number;
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        const int Events = 1_000;
        for (var i = 0; i < Events; i++)
        {
            await socket.SendAsync($"42{i}[\"work\",{i}]");
        }
        HashSet<string> answers = [];
        while (answers.Count < Events)
        {
            Assert.True(answers.Add(await socket.ReceiveTextAsync()));
        }
        Assert.Equal(Enumerable.Range(0, Events), begun);
        Assert.Equal(1, most);
        Assert.Equal(Enumerable.Range(0, Events).Sum(number => (2 * (number % 7)) + 1), steps);
    }

    [Fact]
    public async Task What_comes_behind_ConfigureAwait_false_is_outside_and_the_next_handler_of_the_event_inside_again()
    {
        // Behind ForceYielding as behind ConfigureAwait(false), but for sure: what is over already when it is awaited would go on where it is.
        var seen = Channel.CreateUnbounded<string>();
        void Say(string where) => seen.Writer.TryWrite($"{where} {(SynchronizationContext.Current is null ? "outside" : "inside")}");
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .OnConnection(socket => socket.Use(async _ =>
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                Say("middleware");
            }).On("x", () => Say("second")))
            .On("x", async () =>
            {
                Say("first");
                await Task.Yield();
                Say("awaited");
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                Say("left");
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("42[\"x\"]");
        foreach (var expected in new[] { "middleware outside", "first inside", "awaited inside", "left outside", "second inside" })
        {
            Assert.Equal(expected, await seen.NextAsync(expected));
        }
    }

    [Fact]
    public async Task A_socket_that_disconnects_while_its_handlers_await_is_told_so_at_once_and_they_go_on()
    {
        var (gate, happened) = (new TaskCompletionSource(), Channel.CreateUnbounded<string>());
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .OnConnection(socket => socket.OnDisconnect(_ => happened.Writer.TryWrite("disconnected")))
            .On("gate", async (CancellationToken end) =>
            {
                await gate.Task;
                happened.Writer.TryWrite($"gate {end.IsCancellationRequested}");
            })
            .On("end", async (CancellationToken end) =>
            {
                happened.Writer.TryWrite("begun");
                try
                {
                    await Task.Delay(Timeout.Infinite, end);
                }
                finally
                {
                    happened.Writer.TryWrite("cancelled");
                }
            })
            .On("ask", async (SocketIOSocket socket) => await socket.EmitWithAckAsync<int>("question")));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("42[\"gate\"]");
        await socket.SendAsync("42[\"ask\"]");
        await socket.SendAsync("42[\"end\"]");
        Assert.Equal("begun", await happened.NextAsync());
        var events = Assert.Single(cluster[0].IO.Root.Sockets).Events;
        await socket.CloseAsync();
        // In any order: tokens are cancelled on a thread of their own.
        string[] ended = [await happened.NextAsync(), await happened.NextAsync()];
        Assert.Equal(["cancelled", "disconnected"], ended.Order(StringComparer.Ordinal));
        Assert.True(events.IsRunning);
        gate.SetResult();
        Assert.Equal("gate True", await happened.NextAsync());
        await InTime.UntilAsync(() => !events.IsRunning);
        // Neither what was cancelled nor who waited for the client has failed.
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task Handlers_that_await_count_as_waiting_and_the_end_of_their_socket_lets_them_go()
    {
        var (gate, begun) = (new TaskCompletionSource(), 0);
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxWaitingEvents = 10, serve: io => io
            .On("work", async () =>
            {
                begun++;
                await gate.Task;
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 10; i++)
        {
            await socket.SendAsync("42[\"work\"]");
        }
        var events = Assert.Single(cluster[0].IO.Root.Sockets).Events;
        await InTime.UntilAsync(() => Volatile.Read(ref begun) >= 10);
        Assert.False(events.IsFull);
        Assert.True(events.WhenReadyAsync().AsTask().IsCompletedSuccessfully);
        await socket.SendAsync("42[\"work\"]");
        await socket.SendAsync("42[\"work\"]");
        await InTime.UntilAsync(() => events.IsFull);
        Assert.False(events.WhenReadyAsync().AsTask().IsCompleted);
        cluster[0].IO.Root.Sockets.Single().Disconnect();
        Assert.Equal("41", await socket.ReceiveAsync());
        await events.WhenReadyAsync().AsTask().InTimeAsync();
        Assert.True(events.IsRunning);
        gate.SetResult();
        await InTime.UntilAsync(() => !events.IsRunning);
        Assert.InRange(begun, 10, 12);
    }

    [Fact]
    public async Task A_method_without_a_task_that_throws_later_is_logged_and_kills_nothing()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .On("throw", () =>
            {
                ThrowLater();
                return "begun";
            })
            .On("fast", () => "fast"));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"throw\"]");
        Assert.Equal("431[\"begun\"]", await socket.ReceiveAsync());
        await InTime.UntilAsync(() => cluster[0].Log.Errors.Count > 0);
        Assert.Contains("on purpose", Assert.Single(cluster[0].Log.Errors), StringComparison.Ordinal);
        await socket.SendAsync("422[\"fast\"]");
        Assert.Equal("432[\"fast\"]", await socket.ReceiveAsync());

#pragma warning disable MA0155 // On purpose.
        static async void ThrowLater()
#pragma warning restore MA0155
        {
            await Task.Yield();
            throw new InvalidOperationException("on purpose");
        }
    }

    [Fact]
    public async Task What_a_handler_keeps_in_its_execution_context_stays_with_it()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .On("set", async (string value) =>
            {
                Local.Value = value;
                await Task.Yield();
                SynchronizationContext.Current!.Post(_ => Local.Value = "posted", null);
                await Task.Yield();
                return Local.Value;
            })
            .On("get", () => Local.Value));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 0; i < 100; i++)
        {
            await socket.SendAsync($"42{i}[\"set\",\"{i}\"]");
            await socket.SendAsync($"421{i:000}[\"get\"]");
        }
        for (var i = 0; i < 200; i++)
        {
            var answer = await socket.ReceiveTextAsync();
            var number = answer[2..answer.IndexOf('[', StringComparison.Ordinal)];
            Assert.Equal(number.Length > 3 ? $"43{number}[null]" : $"43{number}[\"{number}\"]", answer);
        }
    }

    [Fact]
    public async Task Sequential_handlers_are_over_before_the_next_begins()
    {
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.HandlerScheduling = HandlerScheduling.Sequential, serve: io =>
        {
            io.On("slow", async () =>
            {
                Assert.Null(SynchronizationContext.Current);
                await gate.Task;
                return "slow";
            });
            io.On("fast", () => "fast");
        });
        var (one, _) = await cluster[0].JoinAsync();
        var (other, _) = await cluster[0].JoinAsync();
        await one.SendAsync("421[\"slow\"]");
        await one.SendAsync("422[\"fast\"]");
        await other.SendAsync("421[\"fast\"]");
        Assert.Equal("431[\"fast\"]", await other.ReceiveAsync());
        gate.SetResult();
        Assert.Equal("431[\"slow\"]", await one.ReceiveAsync());
        Assert.Equal("432[\"fast\"]", await one.ReceiveAsync());
    }

    [Fact]
    public async Task Parallel_handlers_of_one_socket_run_on_several_threads()
    {
        var (one, other) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.HandlerScheduling = HandlerScheduling.Parallel, serve: io => io
            .On("one", async () =>
            {
                await Task.Yield();
                one.SetResult();
                return other.Task.Wait(TimeSpan.FromSeconds(20), Cancellation);
            })
            .On("other", async () =>
            {
                await Task.Yield();
                other.SetResult();
                return one.Task.Wait(TimeSpan.FromSeconds(20), Cancellation);
            }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"one\"]");
        await socket.SendAsync("422[\"other\"]");
        Assert.Equal(["431[true]", "432[true]"], new[] { await socket.ReceiveTextAsync(), await socket.ReceiveTextAsync() }.Order(StringComparer.Ordinal));
    }
}
