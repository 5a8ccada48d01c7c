using System.Net;
using System.Text;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

public sealed class PollingTests : IAsyncLifetime
{
    private EngineHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_handshake_names_the_session_its_upgrades_and_the_heartbeat()
    {
        using var response = await _host.Http.GetAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; charset=UTF-8", response.Content.Headers.GetValues("Content-Type").Single());
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal('0', body[0]);
        using var handshake = JsonDocument.Parse(body[1..]);
        Assert.Equal(
            ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"], handshake.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Matches("^[A-Za-z0-9_-]{20}$", handshake.RootElement.GetProperty("sid").GetString());
        Assert.Equal("[\"websocket\"]", handshake.RootElement.GetProperty("upgrades").GetRawText());
        Assert.Equal(25000, handshake.RootElement.GetProperty("pingInterval").GetInt32());
        Assert.Equal(20000, handshake.RootElement.GetProperty("pingTimeout").GetInt32());
        Assert.Equal(1000000, handshake.RootElement.GetProperty("maxPayload").GetInt32());
    }

    [Theory]
    [InlineData("GET", "", 0, "Transport unknown")]
    [InlineData("GET", "?EIO=4", 0, "Transport unknown")]
    [InlineData("GET", "?EIO=4&transport=abc", 0, "Transport unknown")]
    [InlineData("GET", "?EIO=4&transport=webtransport", 0, "Transport unknown")]
    [InlineData("GET", "?EIO=4&transport=polling&transport=polling", 0, "Transport unknown")]
    [InlineData("GET", "?EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown")]
    [InlineData("POST", "?EIO=4&transport=polling&sid=constructor", 1, "Session ID unknown")]
    [InlineData("POST", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [InlineData("PUT", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [InlineData("DELETE", "?EIO=4&transport=polling", 2, "Bad handshake method")]
    [InlineData("GET", "?EIO=4&transport=websocket", 3, "Bad request")]
    [InlineData("GET", "?transport=polling", 5, "Unsupported protocol version")]
    [InlineData("GET", "?EIO=3&transport=polling", 5, "Unsupported protocol version")]
    [InlineData("GET", "?EIO=abc&transport=polling", 5, "Unsupported protocol version")]
    public async Task A_bad_request_is_answered_from_the_table_of_errors(string method, string query, int code, string message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/engine.io/" + query);
        using var response = await _host.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal($$"""{"code":{{code}},"message":"{{message}}"}""", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(0, _host.Server.SessionCount);
    }

    [Fact]
    public async Task Without_the_trailing_slash_nothing_is_there()
    {
        using var response = await _host.Http.GetAsync("/engine.io?EIO=4&transport=polling", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("4hello", "4hello")]
    [InlineData("4test1\u001e4test2\u001e4test3", "4test1\u001e4test2\u001e4test3")]
    [InlineData("4hello\u001ebAQIDBA==", "4hello\u001e4#\u001ebAQIDBA==")]
    [InlineData("4", "4")]
    [InlineData("4€ und 𝄞", "4€ und 𝄞")]
    [InlineData("0\u001e5\u001e6\u001e4x", "4x")]
    public async Task Packets_come_in_by_POST_and_go_out_by_GET(string sent, string expected)
    {
        var sid = await OpenAsync();

        Assert.Equal("ok", await PostAsync(sid, sent));
        Assert.Equal(expected, await PollAsync(sid));
    }

    [Fact]
    public async Task A_POST_is_answered_as_HTML()
    {
        var sid = await OpenAsync();
        using var response = await _host.Http.PostAsync(Path(sid), new StringContent("4a"), Cancellation);

        Assert.Equal("text/html", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(2, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_GET_waits_until_there_is_a_packet()
    {
        var sid = await OpenAsync();
        var poll = PollAsync(sid);

        Assert.Equal("ok", await PostAsync(sid, "4later"));
        Assert.Equal("4later", await poll);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("4a\u001e")]
    [InlineData("4a\u001e\u001e4b")]
    [InlineData("b!!!")]
    [InlineData("bAQI")]
    [InlineData("\u001e")]
    public async Task What_is_no_packet_closes_the_session(string payload)
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        using var response = await _host.Http.PostAsync(Path(sid), new StringContent(payload), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(EngineCloseReason.ParseError, (await session.Ended).Reason);
        Assert.Equal(1, await ErrorOfPollAsync(sid));
    }

    [Fact]
    public async Task What_is_no_UTF_8_closes_the_session()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        using var response = await _host.Http.PostAsync(Path(sid), new ByteArrayContent([(byte)'4', 0xc3, 0x28]), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(EngineCloseReason.ParseError, (await session.Ended).Reason);
    }

    [Fact]
    public async Task A_second_GET_ends_the_session_and_the_first_is_told_so()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        var first = PollAsync(sid);
        await WaitForPollAsync(session);
        using var second = await _host.Http.GetAsync(Path(sid), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
        Assert.Equal("1", await first);
        Assert.Equal((EngineCloseReason.TransportError, "overlap from client"), await session.Ended);
        Assert.Equal(1, await ErrorOfPollAsync(sid));
    }

    [Fact]
    public async Task A_GET_that_is_given_up_ends_the_session()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        using var abort = new CancellationTokenSource();
        var poll = _host.Http.GetAsync(Path(sid), abort.Token);
        await WaitForPollAsync(session);
        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
        Assert.Equal(EngineCloseReason.TransportError, (await session.Ended).Reason);
        Assert.Equal(1, await ErrorOfPollAsync(sid));
    }

    [Fact]
    public async Task A_POST_of_bytes_ends_the_session()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentType = new("application/octet-stream");
        using var response = await _host.Http.PostAsync(Path(sid), content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal((EngineCloseReason.TransportError, "invalid content"), await session.Ended);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_POST_that_is_too_large_is_refused_and_the_session_lives(bool chunked)
    {
        var sid = await OpenAsync();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, Path(sid))
        { Content = new ByteArrayContent(Encoding.ASCII.GetBytes("4" + new string('a', 1_000_000))) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await _host.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("ok", await PostAsync(sid, "4b"));
        Assert.Equal("4b", await PollAsync(sid));
    }

    [Fact]
    public async Task A_POST_of_the_largest_size_is_taken()
    {
        var sid = await OpenAsync();

        Assert.Equal("ok", await PostAsync(sid, "4" + new string('a', 999_999)));
        Assert.Equal(1_000_000, (await PollAsync(sid)).Length);
    }

    [Fact]
    public async Task Another_method_is_answered_with_500()
    {
        var sid = await OpenAsync();
        using var response = await _host.Http.PutAsync(Path(sid), new StringContent("4a"), Cancellation);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task A_session_of_polling_is_not_spoken_to_as_a_WebSocket()
    {
        var sid = await OpenAsync();
        using var response = await _host.Http.GetAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}", Cancellation);

        Assert.Equal("""{"code":3,"message":"Bad request"}""", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task The_client_closes_and_a_GET_that_waits_ends_with_a_noop()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        var poll = PollAsync(sid);
        await WaitForPollAsync(session);

        Assert.Equal("ok", await PostAsync(sid, "1"));
        Assert.Equal("6", await poll);
        Assert.Equal(EngineCloseReason.TransportClose, (await session.Ended).Reason);
        Assert.Equal(1, await ErrorOfPollAsync(sid));
    }

    [Fact]
    public async Task The_server_pings_and_an_answer_keeps_the_session()
    {
        var sid = await OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(25));
            Assert.Equal("2", await PollAsync(sid));
            _host.Time.Advance(TimeSpan.FromSeconds(19));
            Assert.Equal("ok", await PostAsync(sid, "3"));
        }
        Assert.Equal(1, _host.Server.SessionCount);
    }

    [Fact]
    public async Task A_client_that_does_not_answer_a_ping_is_closed()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        _host.Time.Advance(TimeSpan.FromSeconds(44.9));
        Assert.Equal(1, _host.Server.SessionCount);
        _host.Time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(EngineCloseReason.PingTimeout, (await session.Ended).Reason);
        Assert.Equal(1, await ErrorOfPollAsync(sid));
    }

    [Fact]
    public async Task A_ping_from_the_client_goes_the_wrong_way()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        using var response = await _host.Http.PostAsync(Path(sid), new StringContent("2"), Cancellation);

        Assert.Equal((EngineCloseReason.TransportError, "invalid heartbeat direction"), await session.Ended);
    }

    [Fact]
    public async Task The_server_closes_in_order_once_all_is_out()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        Assert.Equal("ok", await PostAsync(sid, "4last"));
        session.Session.Close();

        Assert.Equal("4last", await PollAsync(sid));
        Assert.Equal("1", await PollAsync(sid));
        Assert.Equal(EngineCloseReason.ForcedClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task A_session_that_is_closing_ends_even_if_the_client_does_not_poll()
    {
        await OpenAsync();
        var session = await _host.NextSessionAsync();
        session.Session.Send(OutboundPacket.Text("4unread"));
        session.Session.Close();
        _host.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(EngineCloseReason.ForcedClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task A_volatile_packet_is_dropped_while_no_GET_waits()
    {
        var sid = await OpenAsync();
        var session = await _host.NextSessionAsync();
        session.Session.Send(OutboundPacket.Text("4dropped"), isVolatile: true);
        session.Session.Send(OutboundPacket.Text("4kept"));

        Assert.Equal("4kept", await PollAsync(sid));
        var poll = PollAsync(sid);
        await WaitForPollAsync(session);
        session.Session.Send(OutboundPacket.Text("4taken"), isVolatile: true);
        Assert.Equal("4taken", await poll);
    }

    internal static string Path(string sid) => $"/engine.io/?EIO=4&transport=polling&sid={sid}";

    private async Task<string> OpenAsync()
    {
        var body = await _host.Http.GetStringAsync("/engine.io/?EIO=4&transport=polling", Cancellation);
        using var handshake = JsonDocument.Parse(body.AsMemory(1));
        return handshake.RootElement.GetProperty("sid").GetString()!;
    }

    private Task<string> PollAsync(string sid) => _host.Http.GetStringAsync(Path(sid), Cancellation);

    private async Task<string> PostAsync(string sid, string payload)
    {
        using var response = await _host.Http.PostAsync(Path(sid), new StringContent(payload), Cancellation);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private async Task<int> ErrorOfPollAsync(string sid)
    {
        using var response = await _host.Http.GetAsync(Path(sid), Cancellation);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return error.RootElement.GetProperty("code").GetInt32();
    }

    /// <summary>Waits until a GET of the session waits: a volatile packet would be taken then, so nothing is sent to find out.</summary>
    private static async Task WaitForPollAsync(EchoHandler session)
    {
        while (!session.Session.IsWritable)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
