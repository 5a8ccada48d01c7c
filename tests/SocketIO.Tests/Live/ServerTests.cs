using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>The server's API, on servers of one cluster.</summary>
public sealed class ServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rooms_reach_their_members_on_all_servers_in_one_order()
    {
        await using var cluster = await SocketIOCluster.StartAsync(3, serve: io => io.On("join", (SocketIOSocket socket, string room) => socket.Join(room)));
        List<TestSocket> sockets = [];
        for (var i = 0; i < 6; i++)
        {
            var (socket, _) = await cluster[i % 3].JoinAsync();
            await socket.SendAsync("421[\"join\",\"room\"]");
            Assert.Equal("431[]", await socket.ReceiveAsync());
            sockets.Add(socket);
        }
        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(server => Enumerable.Range(0, 50).Select(n => cluster[server].IO.To("room").Emit("said", $"{server}-{n}", new byte[] { 1 }))));

        List<string> first = [];
        for (var i = 0; i < 150; i++)
        {
            first.Add(await sockets[0].ReceiveTextAsync());
            Assert.Equal(new byte[] { 1 }, await sockets[0].ReceiveAsync());
        }
        foreach (var socket in sockets.Skip(1))
        {
            for (var i = 0; i < 150; i++)
            {
                Assert.Equal(first[i], await socket.ReceiveTextAsync());
                Assert.Equal(new byte[] { 1 }, await socket.ReceiveAsync());
            }
        }
        Assert.Contains("451-[\"said\",\"1-7\",{\"_placeholder\":true,\"num\":0}]", first);
    }

    [Fact]
    public async Task A_socket_speaks_to_all_but_itself()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, serve: io =>
        {
            io.On("broadcast", (SocketIOSocket socket) => socket.Broadcast.Emit("b"));
            io.On("to", async (SocketIOSocket socket) =>
            {
                await socket.Join("room");
                await socket.To("room").Emit("no");
                await socket.In("other").Emit("yes");
            });
        });
        var (one, _) = await cluster[0].JoinAsync();
        var (other, otherId) = await cluster[1].JoinAsync();
        await cluster[0].IO.In(otherId.ToString()).SocketsJoinAsync("other");
        await one.SendAsync("421[\"broadcast\"]");
        Assert.Equal("431[]", await one.ReceiveAsync());
        Assert.Equal("42[\"b\"]", await other.ReceiveAsync());
        await one.SendAsync("422[\"to\"]");
        Assert.Equal("432[]", await one.ReceiveAsync());
        Assert.Equal("42[\"yes\"]", await other.ReceiveAsync());
        await cluster[0].IO.Except(otherId.ToString()).Emit("rest");
        Assert.Equal("42[\"rest\"]", await one.ReceiveAsync());
        await cluster[1].IO.Emit("all");
        Assert.Equal("42[\"all\"]", await other.ReceiveAsync());
    }

    [Fact]
    public async Task Handlers_of_one_socket_run_in_order_and_do_not_hold_up_others()
    {
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.On("slow", async () =>
            {
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
    public async Task A_client_that_sends_faster_than_it_is_served_is_read_no_further()
    {
        var gate = new TaskCompletionSource();
        var served = 0;
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxWaitingEvents = 10, serve: io => io.On("work", async () =>
        {
            await gate.Task;
            return ++served;
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        for (var i = 1; i <= 1000; i++)
        {
            await socket.SendAsync($"42{i}[\"work\"]");
        }
        var events = Assert.Single(cluster[0].IO.Root.Sockets).Events;
        while (!events.IsFull)
        {
            await Task.Yield();
        }
        gate.SetResult();
        for (var i = 1; i <= 1000; i++)
        {
            Assert.Equal($"43{i}[{i}]", await socket.ReceiveAsync());
        }
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

        Assert.Equal("436[2]", await socket.ReceiveAsync());
        // Only the application's own failures are errors; arguments that do not fit are the client's.
        Assert.Equal(2, cluster[0].Log.Errors.Count);
        Assert.All(cluster[0].Log.Errors, error => Assert.Contains("on purpose", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handlers_take_what_they_ask_for()
    {
        var seen = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(build: builder => builder.Services.AddScoped<Greeter>(), serve: io => io.OnConnection(socket =>
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
            Assert.Equal(expected, await seen.Reader.ReadAsync(Cancellation));
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
        Assert.Equal("not that", (await errors.Reader.ReadAsync(Cancellation)).Message);
    }

    [Fact]
    public async Task Namespaces_come_into_being_where_a_pattern_or_a_predicate_allows()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, options => options.MaxDynamicNamespaces = 2, io =>
        {
            io.Of(new Regex("^/room-\\d+$", RegexOptions.None, TimeSpan.FromSeconds(1))).OnConnection(socket => socket.Emit("hello", socket.Namespace.Name));
            io.Of((name, auth) => ValueTask.FromResult(name == "/secret" && auth.TryGetProperty("key", out _))).On("ping", () => "pong");
        });
        var (one, _) = await cluster[0].JoinAsync("/room-1");
        Assert.Equal("42/room-1,[\"hello\",\"/room-1\"]", await one.ReceiveAsync());
        var (other, _) = await cluster[1].JoinAsync("/room-1");
        Assert.Equal("42/room-1,[\"hello\",\"/room-1\"]", await other.ReceiveAsync());
        await cluster[0].IO.Of("/room-1").Emit("both");
        Assert.Equal("42/room-1,[\"both\"]", await one.ReceiveAsync());
        Assert.Equal("42/room-1,[\"both\"]", await other.ReceiveAsync());
        await one.SendAsync("40/secret,");
        Assert.Equal("44/secret,{\"message\":\"Invalid namespace\"}", await one.ReceiveAsync());
        await one.SendAsync("40/secret,{\"key\":1}");
        Assert.StartsWith("40/secret,{", await one.ReceiveTextAsync(), StringComparison.Ordinal);
        await one.SendAsync("40/room-2,");
        Assert.Equal("44/room-2,{\"message\":\"Invalid namespace\"}", await one.ReceiveAsync());
    }

    [Fact]
    public async Task The_application_hears_of_the_end_while_the_rooms_are_there()
    {
        var heard = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(async socket =>
        {
            await socket.Join("room");
            socket.OnDisconnecting(end => heard.Writer.TryWrite($"disconnecting {end.Reason} {socket.Rooms.Count} {socket.Connected}"));
            socket.OnDisconnect(end => heard.Writer.TryWrite($"disconnect {end.Reason} {socket.Rooms.Count} {socket.Disconnected.IsCancellationRequested}"));
            socket.Emit("ready");
        }));
        var (socket, id) = await cluster[0].JoinAsync();
        await socket.ReceiveAsync();
        await socket.SendAsync("41");
        Assert.Equal("disconnecting client namespace disconnect 2 False", await heard.Reader.ReadAsync(Cancellation));
        Assert.Equal("disconnect client namespace disconnect 0 True", await heard.Reader.ReadAsync(Cancellation));
        Assert.DoesNotContain(id, await cluster[0].IO.SocketIdsAsync(Cancellation));
        await socket.SendAsync("40");
        await socket.ReceiveAsync();
        await socket.ReceiveAsync();
        await socket.CloseAsync();
        Assert.StartsWith("disconnecting transport close 2", await heard.Reader.ReadAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sockets_are_disconnected_from_any_server()
    {
        var reasons = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(2, serve: io =>
        {
            io.Of("/other");
            io.OnConnection(socket => socket.OnDisconnect(end => reasons.Writer.TryWrite(end.Reason)));
        });
        var (one, oneId) = await cluster[0].JoinAsync();
        await one.SendAsync("40/other");
        await one.ReceiveAsync();
        await cluster[1].IO.To(oneId.ToString()).DisconnectSocketsAsync();
        Assert.Equal("41", await one.ReceiveAsync());
        Assert.Equal(DisconnectReasons.ServerNamespaceDisconnect, await reasons.Reader.ReadAsync(Cancellation));
        await one.SendAsync("40");
        await one.ReceiveAsync();
        await cluster[1].IO.DisconnectSocketsAsync(close: true);
        var last = await one.ReceiveToEndAsync();
        Assert.Equal(["41", "41/other,"], last.Order().Cast<string>());
    }

    [Fact]
    public async Task The_client_acknowledges()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2);
        var (socket, id) = await cluster[0].JoinAsync();
        var server = cluster[0].IO.Root.Find(id)!;
        var answer = server.EmitWithAckAsync<string>("ask", 1);
        Assert.Equal("420[\"ask\",1]", await socket.ReceiveAsync());
        await socket.SendAsync("430[\"answer\",2]");
        await socket.SendAsync("430[\"again\"]");
        Assert.Equal("answer", await answer.InTimeAsync());

        var all = cluster[1].IO.EmitWithAckAsync<int>("all");
        Assert.Equal("421[\"all\"]", await socket.ReceiveAsync());
        await socket.SendAsync("431[7]");
        var result = Assert.Single(await all.InTimeAsync());
        Assert.Equal((id, 7), (result.Socket, result.Value));

        var late = server.Timeout(TimeSpan.FromMilliseconds(1), Cancellation).EmitWithAckAsync<int>("late");
        Assert.Equal("operation has timed out", (await Assert.ThrowsAsync<TimeoutException>(() => late.InTimeAsync())).Message);
        using var source = new CancellationTokenSource();
        var cancelled = server.Timeout(Timeout.InfiniteTimeSpan, source.Token).EmitWithAckAsync<int>("cancelled");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTimeAsync());
        Assert.Equal(0, server.PendingAckCount);

        var never = server.EmitWithAckAsync<int>("never");
        socket.Abort();
        Assert.Equal(DisconnectReasons.TransportClose, (await Assert.ThrowsAsync<SocketDisconnectedException>(() => never.InTimeAsync())).Reason);
        await Assert.ThrowsAsync<SocketDisconnectedException>(() => server.EmitWithAckAsync<int>("gone").InTimeAsync());
    }

    [Fact]
    public async Task Ten_thousand_acknowledgements_that_time_out_leave_nothing()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxPendingAcks = 1000);
        var (socket, id) = await cluster[0].JoinAsync();
        var server = cluster[0].IO.Root.Find(id)!;
        for (var round = 0; round < 10; round++)
        {
            using var source = new CancellationTokenSource();
            var waits = Enumerable.Range(0, 1000).Select(_ => server.Timeout(Timeout.InfiniteTimeSpan, source.Token).EmitWithAckAsync<int>("ask")).ToArray();
            await Assert.ThrowsAsync<InvalidOperationException>(() => server.EmitWithAckAsync<int>("one too many"));
            await source.CancelAsync();
            await Task.WhenAll(waits).ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Assert.Equal(0, server.PendingAckCount);
        }
        socket.Abort();
    }

    [Fact]
    public async Task Clients_of_a_server_that_was_fenced_are_closed_and_may_come_back_at_once()
    {
        var ended = Channel.CreateUnbounded<SocketIODisconnect>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.OnConnection(socket => socket.OnDisconnect(end => ended.Writer.TryWrite(end)));
            io.On("echo", (string text) => text);
        });
        var (socket, before) = await cluster[0].JoinAsync();
        cluster[0].Directory.Fence("/");

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(new SocketIODisconnect(DisconnectReasons.ForcedClose, nameof(DisconnectReason.ServerFenced)), await ended.Reader.ReadAsync(Cancellation));
        var (again, after) = await cluster[0].JoinAsync();
        Assert.NotEqual(before.Server, after.Server);
        await again.SendAsync("421[\"echo\",\"a\"]");
        Assert.Equal("431[\"a\"]", await again.ReceiveAsync());
        await again.CloseAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_closed_and_nobody_waits_for_it()
    {
        var ended = Channel.CreateUnbounded<SocketIODisconnect>();
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io => io.OnConnection(socket => socket.OnDisconnect(end => ended.Writer.TryWrite(end))),
            build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.ClientQueueLimit = 1 << 20));
        var (slow, slowId) = await cluster[0].JoinAsync();
        var (fast, _) = await cluster[0].JoinAsync();
        var text = new string('x', 50_000);
        var sent = 0;
        for (; cluster[0].IO.Root.Find(slowId) is not null; sent++)
        {
            Assert.True(sent < 10_000, "The queue has no bound.");
            await cluster[0].IO.Emit("said", sent, text);
            Assert.Equal($"42[\"said\",{sent},\"{text}\"]", await fast.ReceiveAsync());
        }

        var end = await ended.Reader.ReadAsync(Cancellation);
        Assert.Equal(DisconnectReasons.ForcedClose, end.Reason);
        Assert.StartsWith(nameof(DisconnectReason.SlowClient), end.Description, StringComparison.Ordinal);
        slow.Abort();
        await fast.CloseAsync();
    }

    [Fact]
    public async Task Volatile_broadcasts_are_dropped_for_a_client_that_does_not_read_and_it_lives()
    {
        await using var cluster = await SocketIOCluster.StartAsync(build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.ClientQueueLimit = 1 << 20));
        var (slow, slowId) = await cluster[0].JoinAsync();
        var text = new string('x', 50_000);
        for (var i = 0; i < 1000; i++)
        {
            await cluster[0].IO.Volatile.Emit("tick", i, text);
        }
        Assert.NotNull(cluster[0].IO.Root.Find(slowId));
        await cluster[0].IO.Emit("end");
        var ticks = 0;
        while (await slow.ReceiveTextAsync() is var message && message != "42[\"end\"]")
        {
            ticks++;
        }
        Assert.InRange(ticks, 1, 999);
        await slow.CloseAsync();
    }

    [Fact]
    public async Task Rooms_tell_of_themselves()
    {
        var heard = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.Root
            .OnCreateRoom(room => heard.Writer.TryWrite($"create {Name(room)}"))
            .OnJoinRoom((room, _) => heard.Writer.TryWrite($"join {Name(room)}"))
            .OnLeaveRoom((room, _) => heard.Writer.TryWrite($"leave {Name(room)}"))
            .OnDeleteRoom(room => heard.Writer.TryWrite($"delete {Name(room)}")));
        var (one, oneId) = await cluster[0].JoinAsync();
        var (other, otherId) = await cluster[0].JoinAsync();
        foreach (var id in new[] { oneId, otherId })
        {
            await cluster[0].IO.Root.Find(id)!.Join("room");
            await cluster[0].IO.Root.Find(id)!.Join("room");
        }
        await cluster[0].IO.Root.Find(oneId)!.Leave("room");
        await other.CloseAsync();
        foreach (var expected in new[] { "create id", "join id", "create id", "join id", "create room", "join room", "join room", "leave room", "leave room", "delete room", "leave id", "delete id" })
        {
            Assert.Equal(expected, await heard.Reader.ReadAsync(Cancellation));
        }
        one.Abort();

        static string Name(string room) => SocketId.TryParse(room, out _) ? "id" : room;
    }

    [Fact]
    public async Task A_handshake_keeps_what_was_asked_for()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options =>
        {
            options.HandshakeHeaders.Add("X-Tenant");
            options.CaptureHandshake = (context, items) => items["agent"] = context.Request.Headers["X-Agent"].ToString();
        });
        var socket = await TestSocket.ConnectAsync(cluster[0].Address, "/socket.io/?EIO=4&transport=websocket&a=b", options =>
        {
            options.SetRequestHeader("X-Tenant", "acme");
            options.SetRequestHeader("X-Agent", "007");
        });
        await socket.ReceiveAsync();
        await socket.SendAsync("40{\"token\":1}");
        await socket.ReceiveAsync();
        var handshake = Assert.Single(cluster[0].IO.Root.Sockets).Handshake;
        Assert.Equal("acme", Assert.Single(handshake.Headers).Value);
        Assert.Equal("007", handshake.Items["agent"]);
        Assert.Equal("b", handshake.Query["a"]);
        Assert.Equal(System.Net.IPAddress.Loopback, handshake.Address);
        var fetched = Assert.Single(await cluster[0].IO.FetchSocketsAsync(cancellationToken: Cancellation));
        Assert.False(fetched.Handshake.TryGetProperty("auth", out _));
        Assert.Equal("acme", fetched.Handshake.GetProperty("headers").GetProperty("X-Tenant").GetString());
        Assert.Equal(1, Assert.Single(await cluster[0].IO.FetchSocketsAsync(secrets: true, Cancellation)).Handshake.GetProperty("auth").GetProperty("token").GetInt32());
        socket.Abort();
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("disconnecting")]
    [InlineData("")]
    public async Task Reserved_names_are_refused(string name)
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        Assert.ThrowsAny<ArgumentException>(() => cluster[0].IO.On(name, () => { }));
        Assert.ThrowsAny<ArgumentException>(() => cluster[0].IO.Of("a,b"));
    }

    private sealed record Point(int X, int Y);

    private sealed class Greeter
    {
        public string Greet(string name) => $"Hello {name}";
    }
}
