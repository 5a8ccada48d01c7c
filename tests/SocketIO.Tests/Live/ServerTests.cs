using System.Text.RegularExpressions;
using System.Threading.Channels;

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
        await Task.WhenAll(
            Enumerable.Range(0, 3).SelectMany(
                server => Enumerable.Range(0, 50).Select(n => cluster[server].IO.To("room").Emit("said", $"{server}-{n}", new byte[] { 1 }))));

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
    public async Task Namespaces_come_into_being_where_a_pattern_or_a_predicate_allows()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            2, options => (options.MaxDynamicNamespaces, options.MaxDynamicNamespacesPerConnection) = (2, 2), io =>
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
        Assert.Equal(
            "44/room-2,{\"message\":\"Too many namespaces: one connection may bring 2 into being (MaxDynamicNamespacesPerConnection)\"}",
            await one.ReceiveAsync());
        // Made by the application itself, it has the same handlers.
        cluster[0].IO.Of("/room-3");
        var (third, _) = await cluster[0].JoinAsync("/room-3");
        Assert.Equal("42/room-3,[\"hello\",\"/room-3\"]", await third.ReceiveAsync());
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
        foreach (
            var expected in new[] { "create id", "join id", "create id", "join id", "create room", "join room", "join room", "leave room", "leave room",
                "delete room", "leave id", "delete id" })
        {
            Assert.Equal(expected, await heard.NextAsync(expected));
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
        Assert.Equal(
            1, Assert.Single(await cluster[0].IO.FetchSocketsAsync(secrets: true, Cancellation)).Handshake.GetProperty("auth").GetProperty("token").GetInt32());
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
}
