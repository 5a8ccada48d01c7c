using System.Net.WebSockets;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

public sealed class WebSocketTests : IAsyncLifetime
{
    private const string Path = "/engine.io/?EIO=4&transport=websocket";

    private EngineHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_handshake_offers_no_upgrades()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, Path);
        var handshake = await socket.ReceiveTextAsync();

        Assert.StartsWith("0{\"sid\":\"", handshake, StringComparison.Ordinal);
        Assert.Contains("\"upgrades\":[]", handshake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/engine.io/?transport=websocket")]
    [InlineData("/engine.io/?EIO=abc&transport=websocket")]
    [InlineData("/engine.io/?EIO=4")]
    [InlineData("/engine.io/?EIO=4&transport=abc")]
    [InlineData("/engine.io/?EIO=4&transport=polling")]
    [InlineData("/engine.io/?EIO=4&transport=websocket&sid=nobody")]
    public async Task A_bad_handshake_is_refused(string path)
    {
        var exception = await Assert.ThrowsAsync<WebSocketException>(() => TestSocket.ConnectAsync(_host.Address, path));

        Assert.Contains("400", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, _host.Server.SessionCount);
    }

    [Fact]
    public async Task Text_and_bytes_go_both_ways()
    {
        await using var socket = await OpenAsync();
        await socket.SendAsync("4hello €");
        Assert.Equal("4hello €", await socket.ReceiveAsync());
        await socket.SendAsync([1, 2, 3, 4]);
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 1, 2, 3, 4 }, await socket.ReceiveAsync());
        await socket.SendAsync("bAQIDBA==");
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 1, 2, 3, 4 }, await socket.ReceiveAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(124)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65534)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(999_999)]
    public async Task Frames_of_every_length_arrive_whole(int length)
    {
        await using var socket = await OpenAsync();
        var text = "4" + new string('x', length);
        await socket.SendAsync(text);
        Assert.Equal(text, await socket.ReceiveAsync());
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        await socket.SendAsync(bytes);
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal(bytes, await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_client_that_asks_for_text_gets_bytes_as_base64()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, Path + "&b64=1");
        await socket.ReceiveTextAsync();
        await socket.SendAsync([1, 2, 3, 4]);
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal("bAQIDBA==", await socket.ReceiveAsync());
    }

    [Theory]
    [InlineData("abc", nameof(EngineCloseReason.ParseError))]
    [InlineData("", nameof(EngineCloseReason.ParseError))]
    [InlineData("b!", nameof(EngineCloseReason.ParseError))]
    [InlineData("2", nameof(EngineCloseReason.TransportError))]
    [InlineData("1", nameof(EngineCloseReason.TransportClose))]
    public async Task A_packet_that_may_not_come_ends_the_session(string packet, string reason)
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        await socket.SendAsync(packet);

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(reason, (await session.Ended).Reason.ToString());
        Assert.Equal(0, _host.Server.SessionCount);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_closed_with_1009()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        await socket.SendAsync("4" + new string('x', 1_000_000));

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);
        Assert.Equal(EngineCloseReason.TransportError, (await session.Ended).Reason);
    }

    [Fact]
    public async Task Text_that_is_no_UTF_8_ends_the_session()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        await socket.SendAsync([(byte)'4', 0xc3, 0x28], WebSocketMessageType.Text);

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(EngineCloseReason.TransportError, (await session.Ended).Reason);
    }

    [Fact]
    public async Task The_client_leaves()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        await socket.CloseAsync();

        Assert.Equal(EngineCloseReason.TransportClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task The_client_vanishes()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        socket.Abort();

        Assert.Equal(EngineCloseReason.TransportClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task The_server_closes_in_order()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        session.Session.Send(OutboundPacket.Text("4last"));
        session.Session.Close();

        Assert.Equal(["4last"], await socket.ReceiveToEndAsync());
        Assert.Equal(EngineCloseReason.ForcedClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task The_server_pings_and_closes_who_does_not_answer()
    {
        await using var socket = await OpenAsync();
        var session = await _host.NextSessionAsync();
        for (var i = 0; i < 3; i++)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(25));
            Assert.Equal("2", await socket.ReceiveAsync());
            await socket.SendAsync("3");
            await socket.SendAsync("4");
            Assert.Equal("4", await socket.ReceiveAsync());
        }
        _host.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("2", await socket.ReceiveAsync());
        _host.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
    }

    [Fact]
    public async Task Polling_is_refused_on_a_session_that_began_as_a_WebSocket()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, Path);
        using var handshake = JsonDocument.Parse((await socket.ReceiveTextAsync()).AsMemory(1));
        var sid = handshake.RootElement.GetProperty("sid").GetString()!;
        using var response = await _host.Http.GetAsync(PollingTests.Path(sid), Cancellation);
        Assert.Equal("""{"code":3,"message":"Bad request"}""", await response.Content.ReadAsStringAsync(Cancellation));

        await using var second = await TestSocket.ConnectAsync(_host.Address, $"{Path}&sid={sid}");
        Assert.Empty(await second.ReceiveToEndAsync());
        await socket.SendAsync("4still here");
        Assert.Equal("4still here", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Everything_that_is_sent_arrives_in_order_while_the_client_pings_by_frames_of_its_own()
    {
        await using var socket = await TestSocket.ConnectAsync(_host.Address, Path, options => options.KeepAliveInterval = TimeSpan.FromMilliseconds(1));
        await socket.ReceiveTextAsync();
        var session = (await _host.NextSessionAsync()).Session;
        var sending = Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    session.Send(OutboundPacket.Text($"4{i}"));
                }
            },
            Cancellation);
        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal($"4{i}", await socket.ReceiveAsync());
        }
        await sending;
    }

    private async Task<TestSocket> OpenAsync()
    {
        var socket = await TestSocket.ConnectAsync(_host.Address, Path);
        await socket.ReceiveTextAsync();
        return socket;
    }
}
