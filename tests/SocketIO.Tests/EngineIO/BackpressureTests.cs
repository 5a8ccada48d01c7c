using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

/// <summary>Clients that are read no further for a while, and clients that do not read.</summary>
public sealed class BackpressureTests : IAsyncLifetime
{
    private EngineHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_POST_that_waits_until_the_server_is_ready_is_the_only_one()
    {
        var (session, path) = await OpenAsync();
        session.Gate = NewGate();
        var first = _host.Http.PostAsync(path, new StringContent("4a"), Cancellation);
        await PausedAsync(session);
        using var second = await _host.Http.PostAsync(path, new StringContent("4b"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
        Assert.Equal((EngineCloseReason.TransportError, "data request overlap from client"), await session.Ended);
        session.Gate.SetResult();
        using var answer = await first;
    }

    [Fact]
    public async Task A_POST_may_come_once_the_one_before_was_answered()
    {
        var (session, path) = await OpenAsync();
        session.Gate = NewGate();
        var first = _host.Http.PostAsync(path, new StringContent("4a"), Cancellation);
        await PausedAsync(session);
        session.Gate.SetResult();
        using var answer = await first;
        using var second = await _host.Http.PostAsync(path, new StringContent("4b"), Cancellation);

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task A_client_that_is_not_read_is_not_held_to_its_pings()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, "/engine.io/?EIO=4&transport=websocket");
        await socket.ReceiveTextAsync();
        var session = await _host.NextSessionAsync();
        session.Gate = NewGate();
        await socket.SendAsync("4a");
        Assert.Equal("4a", await socket.ReceiveAsync());
        await PausedAsync(session);
        _host.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("2", await socket.ReceiveAsync());
        _host.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, _host.Server.SessionCount);
        Assert.Equal("2", await socket.ReceiveAsync());
        Assert.Equal("2", await socket.ReceiveAsync());

        session.Gate.SetResult();
        await InTime.UntilAsync(() => !session.Session.IsPaused);
        _host.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("2", await socket.ReceiveAsync());
        _host.Time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(1, _host.Server.SessionCount);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
    }

    [Fact]
    public async Task Pings_go_on_at_their_interval_while_a_busy_client_is_read_in_bits()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, "/engine.io/?EIO=4&transport=websocket");
        await socket.ReceiveTextAsync();
        var session = await _host.NextSessionAsync();
        var pings = 0;
        for (var i = 0; i < 700; i++)
        {
            var gate = session.Gate = NewGate();
            await socket.SendAsync($"4{i}");
            await PausedAsync(session);
            _host.Time.Advance(TimeSpan.FromMilliseconds(200));
            session.Gate = null;
            gate.SetResult();
            while (await socket.ReceiveTextAsync() is not ['4', ..] and var text)
            {
                Assert.Equal("2", text); // no answer: it is behind the 700
                pings++;
            }
            await InTime.UntilAsync(() => !session.Session.IsPaused);
        }

        Assert.Equal(1, _host.Server.SessionCount);
        Assert.InRange(pings, 5, 6); // 140 s, one each 25 s
        _host.Time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
    }

    [Fact]
    public async Task A_client_of_polling_that_is_not_read_has_to_poll()
    {
        var (session, path) = await OpenAsync();
        session.Gate = NewGate();
        var post = _host.Http.PostAsync(path, new StringContent("4a"), Cancellation);
        await PausedAsync(session);
        Assert.Equal("4a", await _host.Http.GetStringAsync(path, Cancellation));
        _host.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("2", await _host.Http.GetStringAsync(path, Cancellation));
        for (var i = 0; i < 3; i++)
        {
            var poll = _host.Http.GetStringAsync(path, Cancellation);
            await InTime.UntilAsync(() => session.Session.IsWritable);
            _host.Time.Advance(TimeSpan.FromSeconds(25));
            Assert.Equal("2", await poll);
            Assert.Equal(1, _host.Server.SessionCount);
        }
        _host.Time.Advance(TimeSpan.FromSeconds(25));

        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
        session.Gate.SetResult();
        using var answer = await post;
    }

    [Fact]
    public async Task A_client_that_hangs_up_while_it_is_not_read_is_gone()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, "/engine.io/?EIO=4&transport=websocket");
        var overWebSocket = await _host.NextSessionAsync();
        overWebSocket.Gate = NewGate();
        await socket.SendAsync("4a");
        await PausedAsync(overWebSocket);
        socket.Abort();
        Assert.Equal(EngineCloseReason.TransportClose, (await overWebSocket.Ended).Reason);

        var (overPolling, path) = await OpenAsync();
        overPolling.Gate = NewGate();
        using var hangUp = new CancellationTokenSource();
        var post = _host.Http.PostAsync(path, new StringContent("4a"), hangUp.Token);
        await PausedAsync(overPolling);
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post);
        Assert.Equal(EngineCloseReason.TransportError, (await overPolling.Ended).Reason);
        overWebSocket.Gate.SetResult();
        overPolling.Gate.SetResult();
    }

    [Fact]
    public async Task A_GET_whose_answer_is_not_taken_ends_the_session()
    {
        var (session, path) = await OpenAsync();
        session.Session.Send(OutboundPacket.Text("4" + new string('x', 32 << 20)));
        using (var client = new TcpClient { LingerState = new LingerOption(true, 0) })
        {
            await client.ConnectAsync(_host.Address.Host, _host.Address.Port, Cancellation);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"), Cancellation);
            await client.GetStream().ReadExactlyAsync(new byte[1000], Cancellation);
        }

        Assert.Equal((EngineCloseReason.TransportError, "poll response failed"), await session.Ended);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(300_000)]
    public async Task A_client_that_hangs_up_when_it_has_the_answer_goes_on_with_another_connection(int size)
    {
        var (session, path) = await OpenAsync();
        for (var poll = 0; poll < 100; poll++)
        {
            session.Session.Send(OutboundPacket.Text("4" + new string('x', size)));
            using var client = new TcpClient { LingerState = new LingerOption(true, 0) };
            await client.ConnectAsync(_host.Address.Host, _host.Address.Port, Cancellation);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"), Cancellation);
            var answer = new MemoryStream();
            var buffer = new byte[1 << 16];
            while (answer.Length < size || answer.Length < HeadersOf(answer) + size + 1)
            {
                answer.Write(
                    buffer,
                    0,
                    await client.GetStream().ReadAsync(buffer, Cancellation) is > 0 and var read
                        ? read
                        : throw new EndOfStreamException($"at {answer.Length} in poll {poll}"));
            }
        }

        Assert.Equal(1, _host.Server.SessionCount);
    }

    private static int HeadersOf(MemoryStream answer) => answer.GetBuffer().AsSpan(0, (int)answer.Length).IndexOf("\r\n\r\n"u8) + 4;

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task PausedAsync(EchoHandler session)
    {
        while (!session.Session.IsPaused)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<(EchoHandler Session, string Path)> OpenAsync()
    {
        await _host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        var session = await _host.NextSessionAsync();
        return (session, PollingTests.Path(session.Session.Id));
    }
}
