using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Who is slow: not who is sent much at once, but who does not take it.</summary>
public sealed class SlowClientTests
{
    private const int Soft = 100_000;
    private static readonly string Part = "4" + new string('x', 99_999);

    [Fact]
    public async Task A_client_that_reads_as_fast_as_it_can_gets_all_of_a_burst()
    {
        const int parts = 200;
        await using var host = await EngineHost.StartAsync(queueLimit: Soft, hardLimit: 64 << 20);
        await using var socket = await OpenAsync(host);
        var session = (await host.NextSessionAsync()).Session;
        for (var i = 0; i < parts; i++)
        {
            Assert.True(session.Enqueue(OutboundPacket.Text(Part)));
        }
        session.Flush();
        for (var i = 0; i < parts; i++)
        {
            Assert.Equal(100_000, (await socket.ReceiveTextAsync()).Length);
            await UntilItIsKnownToReadAsync(session);
            host.Time.Advance(TimeSpan.FromMilliseconds(100)); // 20 s altogether
        }

        await InTime.UntilAsync(() => session.QueuedBytes == 0);
        Assert.Equal(1, host.Server.SessionCount);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_a_time_is_closed_and_reads_the_reason_behind_what_was_written()
    {
        await using var host = await EngineHost.StartAsync(options => options.PingInterval = TimeSpan.FromDays(1), queueLimit: Soft, hardLimit: 64 << 20);
        await using var socket = await OpenAsync(host);
        var handler = await host.NextSessionAsync();
        Fill(handler.Session);
        var ended = handler.Ended;
        while (!ended.IsCompleted)
        {
            // As long as the system still takes something for it, there is more time again.
            if (handler.Session.LeftToTake is { TotalSeconds: > 1 } left)
            {
                host.Time.Advance(left - TimeSpan.FromSeconds(1));
                Assert.Equal(1, host.Server.SessionCount);
                host.Time.Advance(TimeSpan.FromSeconds(1));
            }
            await Task.Yield();
        }

        var (reason, why) = await ended;
        Assert.Equal(EngineCloseReason.ForcedClose, reason);
        Assert.Contains("SlowClientTime", why, StringComparison.Ordinal);
        Assert.NotEmpty(await socket.ReceiveToEndAsync());
        Assert.Equal(1008, (int?)socket.CloseStatus);
        Assert.Contains("slow", socket.CloseDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_message_that_is_taken_bit_by_bit_is_progress()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: Soft, hardLimit: 64 << 20);
        await using var socket = await OpenAsync(host);
        var session = (await host.NextSessionAsync()).Session;
        Fill(session);
        for (var i = 0; i < 4; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal(1, host.Server.SessionCount);
            await socket.ReceivePartAsync(6_000_000);
            await UntilItIsKnownToReadAsync(session);
        }
        await socket.ReceiveTextAsync();
        Assert.Equal(100_000, (await socket.ReceiveTextAsync()).Length);
        Assert.Equal(100_000, (await socket.ReceiveTextAsync()).Length);
    }

    [Fact]
    public async Task A_client_that_breaks_the_protocol_while_it_is_sent_much_reads_why_behind_that()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: Soft, hardLimit: 64 << 20);
        await using var socket = await OpenAsync(host);
        var handler = await host.NextSessionAsync();
        handler.Session.Send(OutboundPacket.Text("4" + new string('x', 30_000_000)));

        await socket.SendAsync("4" + new string('y', 2_000_000));

        Assert.Equal(EngineCloseReason.TransportError, (await handler.Ended).Reason);
        Assert.NotEmpty(await socket.ReceiveToEndAsync());
        Assert.Equal(1009, (int?)socket.CloseStatus);
    }

    [Fact]
    public async Task A_client_for_which_too_much_waits_is_closed_at_once()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: Soft, hardLimit: 1 << 20);
        await using var socket = await OpenAsync(host);
        var handler = await host.NextSessionAsync();
        while (handler.Session.Enqueue(OutboundPacket.Text(Part)))
        {
        }

        Assert.Contains("ClientQueueHardLimit", (await handler.Ended).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_sends_can_wait_until_there_is_room()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: Soft, hardLimit: 64 << 20);
        await using var socket = await OpenAsync(host);
        var handler = await host.NextSessionAsync();
        Assert.True(handler.Session.WhenRoomAsync().IsCompletedSuccessfully);
        Fill(handler.Session);
        var room = handler.Session.WhenRoomAsync();
        Assert.False(room.IsCompleted);
        for (var i = 0; i < 3; i++)
        {
            await socket.ReceiveAsync();
        }
        await room.InTimeAsync();
        Assert.InRange(handler.Session.QueuedBytes, 0, Soft);

        Fill(handler.Session);
        room = handler.Session.WhenRoomAsync();
        handler.Session.Close(EngineCloseReason.ForcedClose, null);
        await room.InTimeAsync();
    }

    private static async Task<TestSocket> OpenAsync(EngineHost host)
    {
        var socket = await TestSocket.ConnectAsync(host.Address, "/engine.io/?EIO=4&transport=websocket");
        await socket.ReceiveTextAsync();
        return socket;
    }

    /// <summary>Sends more than the system takes for a client that does not read, and behind it more than the soft bound, which so waits.</summary>
    private static void Fill(EngineSession session)
    {
        session.Send(OutboundPacket.Text("4" + new string('x', 30_000_000)));
        session.Enqueue(OutboundPacket.Text(Part));
        session.Enqueue(OutboundPacket.Text(Part));
        Assert.True(session.QueuedBytes > Soft);
    }

    /// <summary>What the client has read, the session may not know of yet.</summary>
    private static Task UntilItIsKnownToReadAsync(EngineSession session) =>
        InTime.UntilAsync(() => session.LeftToTake is null or { TotalSeconds: > 1 });
}
