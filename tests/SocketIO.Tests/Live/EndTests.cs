using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>How sockets end, and what clients that do not read cost others.</summary>
public sealed class EndTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
        Assert.Equal("disconnecting client namespace disconnect 2 False", await heard.NextAsync());
        Assert.Equal("disconnect client namespace disconnect 0 True", await heard.NextAsync());
        Assert.DoesNotContain(id, await cluster[0].IO.SocketIdsAsync(Cancellation));
        await socket.SendAsync("40");
        await socket.ReceiveAsync();
        await socket.ReceiveAsync();
        await socket.CloseAsync();
        Assert.StartsWith("disconnecting transport close 2", await heard.NextAsync(), StringComparison.Ordinal);
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
        Assert.Equal(DisconnectReasons.ServerNamespaceDisconnect, await reasons.NextAsync());
        await one.SendAsync("40");
        await one.ReceiveAsync();
        await cluster[1].IO.DisconnectSocketsAsync(close: true);
        var last = await one.ReceiveToEndAsync();
        Assert.Equal(["41", "41/other,"], last.Order().Cast<string>());
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
        Assert.Equal(new SocketIODisconnect(DisconnectReasons.ForcedClose, nameof(DisconnectReason.ServerFenced)), await ended.NextAsync());
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
            build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.ClientQueueHardLimit = options.ClientQueueLimit = 1 << 20));
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

        var end = await ended.NextAsync();
        Assert.Equal(DisconnectReasons.ForcedClose, end.Reason);
        Assert.StartsWith(nameof(DisconnectReason.SlowClient), end.Description, StringComparison.Ordinal);
        slow.Abort();
        await fast.CloseAsync();
    }

    [Fact]
    public async Task Volatile_broadcasts_are_dropped_for_a_client_that_does_not_read_and_it_lives()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.ClientQueueHardLimit = options.ClientQueueLimit = 1 << 20));
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
}
