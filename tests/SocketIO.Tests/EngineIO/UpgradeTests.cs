using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

public sealed class UpgradeTests : IAsyncLifetime
{
    private EngineHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_session_goes_from_polling_to_WebSocket_and_keeps_what_waits()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        var poll = PollAsync(sid);
        await WaitsAsync(session);
        _host.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("6", await poll);
        session.Session.Send(OutboundPacket.Text("4waited"));
        await socket.SendAsync("5");
        await socket.SendAsync("4hello");

        Assert.Equal("4waited", await socket.ReceiveAsync());
        Assert.Equal("4hello", await socket.ReceiveAsync());
        Assert.Equal("websocket", session.Session.TransportName);
    }

    [Fact]
    public async Task A_GET_that_waits_is_ended_100_ms_behind_the_probe_and_so_is_the_next()
    {
        var (sid, session) = await OpenAsync();
        var poll = PollAsync(sid);
        await WaitsAsync(session);
        await using var socket = await ProbeAsync(sid);
        _host.Time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.True(session.Session.IsWritable);
        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("6", await poll);

        poll = PollAsync(sid);
        await WaitsAsync(session);
        _host.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("6", await poll);
    }

    [Fact]
    public async Task A_GET_that_crosses_the_word_for_the_upgrade_is_refused()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        var poll = _host.Http.GetAsync(PollingTests.Path(sid), Cancellation);
        await WaitsAsync(session);
        await socket.SendAsync("5");

        using var response = await poll;
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("""{"code":3,"message":"Bad request"}""", await response.Content.ReadAsStringAsync(Cancellation));
        await socket.SendAsync("4hello");
        Assert.Equal("4hello", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_poll_that_comes_when_the_clients_time_is_over_finds_no_session_though_the_timer_is_late()
    {
        var (sid, session) = await OpenAsync();
        _host.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("2", await PollAsync(sid));
        _host.Time.AdvanceWithLateTimers(TimeSpan.FromSeconds(20));
        using var response = await _host.Http.GetAsync(PollingTests.Path(sid), Cancellation);

        Assert.Equal("""{"code":1,"message":"Session ID unknown"}""", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
    }

    [Fact]
    public async Task Polling_goes_on_while_the_probe_is_under_way()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        session.Session.Send(OutboundPacket.Text("4a"));

        Assert.Equal("4a", await PollAsync(sid));
        using var posted = await _host.Http.PostAsync(PollingTests.Path(sid), new StringContent("4b"), Cancellation);
        Assert.Equal("4b", await PollAsync(sid));
    }

    [Fact]
    public async Task Polling_is_refused_after_the_upgrade_and_a_second_WebSocket_is_closed()
    {
        var (sid, _) = await OpenAsync();
        await using var socket = await UpgradeAsync(sid);
        using var response = await _host.Http.GetAsync(PollingTests.Path(sid), Cancellation);
        Assert.Equal("""{"code":3,"message":"Bad request"}""", await response.Content.ReadAsStringAsync(Cancellation));
        await using var second = await ConnectAsync(sid);

        Assert.Empty(await second.ReceiveToEndAsync());
        await socket.SendAsync("4hello");
        Assert.Equal("4hello", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_second_WebSocket_is_closed_while_one_probes()
    {
        var (sid, _) = await OpenAsync();
        await using var first = await ProbeAsync(sid);
        await using var second = await ConnectAsync(sid);

        Assert.Empty(await second.ReceiveToEndAsync());
        await first.SendAsync("5");
        await first.SendAsync("4hello");
        Assert.Equal("4hello", await first.ReceiveAsync());
    }

    [Theory]
    [InlineData("4hello")]
    [InlineData("2")]
    [InlineData("2probe2")]
    [InlineData("abc")]
    [InlineData("")]
    public async Task Anything_but_a_probe_closes_the_WebSocket_and_leaves_the_session(string packet)
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ConnectAsync(sid);
        await socket.SendAsync(packet);

        Assert.Empty(await socket.ReceiveToEndAsync());
        session.Session.Send(OutboundPacket.Text("4a"));
        Assert.Equal("4a", await PollAsync(sid));
        await using var again = await UpgradeAsync(sid);
    }

    [Fact]
    public async Task A_probe_that_is_given_up_leaves_the_session()
    {
        var (sid, _) = await OpenAsync();
        var socket = await ProbeAsync(sid);
        await socket.CloseAsync();
        await socket.DisposeAsync();

        await using var again = await UpgradeAsync(sid);
    }

    [Fact]
    public async Task An_upgrade_that_takes_too_long_is_closed_and_leaves_the_session()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        _host.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Empty(await socket.ReceiveToEndAsync());
        session.Session.Send(OutboundPacket.Text("4a"));
        Assert.Equal("4a", await PollAsync(sid));
    }

    [Fact]
    public async Task The_heartbeat_goes_on_over_the_upgrade()
    {
        var (sid, session) = await OpenAsync();
        _host.Time.Advance(TimeSpan.FromSeconds(25));
        await using var socket = await UpgradeAsync(sid);
        Assert.Equal("2", await socket.ReceiveAsync());
        _host.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
        Assert.Empty(await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_session_that_ends_takes_the_probe_with_it()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        using var response = await _host.Http.PostAsync(PollingTests.Path(sid), new StringContent("1"), Cancellation);

        Assert.Equal(EngineCloseReason.TransportClose, (await session.Ended).Reason);
        Assert.Empty(await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task Upgrades_are_neither_offered_nor_taken_where_they_are_not_allowed()
    {
        await using var host = await EngineHost.StartAsync(options => options.AllowUpgrades = false);
        var body = await host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);

        Assert.Contains("\"upgrades\":[]", body, StringComparison.Ordinal);
        var sid = (await host.NextSessionAsync()).Session.Id;
        await using var socket = await TestSocket.ConnectAsync(host.Address, $"/engine.io/?EIO=4&transport=websocket&sid={sid}");
        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(1, host.Server.SessionCount);
    }

    [Fact]
    public async Task A_second_probe_closes_the_WebSocket_and_leaves_the_session()
    {
        var (sid, session) = await OpenAsync();
        await using var socket = await ProbeAsync(sid);
        await socket.SendAsync("2probe");

        Assert.Empty(await socket.ReceiveToEndAsync());
        session.Session.Send(OutboundPacket.Text("4a"));
        Assert.Equal("4a", await PollAsync(sid));
    }

    private async Task<(string Sid, EchoHandler Session)> OpenAsync()
    {
        var body = await _host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        using var handshake = JsonDocument.Parse(body.AsMemory(1));
        return (handshake.RootElement.GetProperty("sid").GetString()!, await _host.NextSessionAsync());
    }

    private static async Task WaitsAsync(EchoHandler session)
    {
        while (!session.Session.IsWritable)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<string> PollAsync(string sid) => _host.Http.GetStringAsync(PollingTests.Path(sid), Cancellation);

    private Task<TestSocket> ConnectAsync(string sid) => TestSocket.ConnectAsync(_host.Address, $"/engine.io/?EIO=4&transport=websocket&sid={sid}");

    private async Task<TestSocket> ProbeAsync(string sid)
    {
        // A socket whose end this server has not seen yet may hold the place.
        while (true)
        {
            var socket = await ConnectAsync(sid);
            await socket.SendAsync("2probe");
            if (await socket.ReceiveAsync() is "3probe")
            {
                Assert.NotNull(_host.Server.Find(sid)); // waits for its lock, under which the probe's timers are made
                return socket;
            }
            await socket.DisposeAsync();
        }
    }

    private async Task<TestSocket> UpgradeAsync(string sid)
    {
        var socket = await ProbeAsync(sid);
        await socket.SendAsync("5");
        await InTime.UntilAsync(() => _host.Server.Find(sid) is not { TransportName: "polling" });
        return socket;
    }
}
