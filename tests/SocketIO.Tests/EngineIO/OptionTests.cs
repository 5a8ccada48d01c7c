using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

public sealed class OptionTests
{
    private const string Polling = "/engine.io/?EIO=4&transport=polling";
    private const string Socket = "/engine.io/?EIO=4&transport=websocket";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Forbidden")]
    [InlineData("Not today", "Not today")]
    public async Task The_application_may_refuse_a_handshake(string reason, string message)
    {
        await using var host = await EngineHost.StartAsync(options => options.AllowRequest = _ => ValueTask.FromResult<string?>(reason));
        using var response = await host.Http.GetAsync(Polling, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal($$"""{"code":4,"message":"{{message}}"}""", await response.Content.ReadAsStringAsync(Cancellation));
        await Assert.ThrowsAnyAsync<Exception>(() => TestSocket.ConnectAsync(host.Address, Socket));
    }

    [Fact]
    public async Task The_application_decides_on_the_handshake_only()
    {
        var asked = 0;
        await using var host = await EngineHost.StartAsync(options => options.AllowRequest = _ =>
        {
            Interlocked.Increment(ref asked);
            return ValueTask.FromResult<string?>(null);
        });
        await host.Http.GetStringAsync(Polling, Cancellation);
        var session = (await host.NextSessionAsync()).Session;
        using var posted = await host.Http.PostAsync(PollingTests.Path(session.Id), new StringContent("4a"), Cancellation);

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_transport_that_is_off_is_unknown()
    {
        await using var host = await EngineHost.StartAsync(options => options.Transports = EngineTransports.WebSocket);
        using var response = await host.Http.GetAsync(Polling, Cancellation);
        Assert.Equal("""{"code":0,"message":"Transport unknown"}""", await response.Content.ReadAsStringAsync(Cancellation));

        await using var other = await EngineHost.StartAsync(options => options.Transports = EngineTransports.Polling);
        Assert.Contains("\"upgrades\":[]", await other.Http.GetStringAsync(Polling, Cancellation), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => TestSocket.ConnectAsync(other.Address, Socket));
    }

    [Fact]
    public async Task A_cookie_carries_the_session_id_where_asked_for()
    {
        await using var host = await EngineHost.StartAsync(
            options => options.Cookie = new CookieBuilder { HttpOnly = true, Path = "/", SameSite = SameSiteMode.Lax });
        using var response = await host.Http.GetAsync(Polling, Cancellation);
        var session = (await host.NextSessionAsync()).Session;

        Assert.Equal($"io={session.Id}; path=/; samesite=lax; httponly", response.Headers.GetValues("Set-Cookie").Single());
    }

    [Fact]
    public async Task Another_origin_is_let_in_where_asked_for()
    {
        await using var host = await EngineHost.StartAsync(options => options.Cors = policy => policy.WithOrigins("https://example.com").AllowCredentials());
        using var request = new HttpRequestMessage(HttpMethod.Get, Polling);
        request.Headers.Add("Origin", "https://example.com");
        using var response = await host.Http.SendAsync(request, Cancellation);
        Assert.Equal("https://example.com", response.Headers.GetValues("Access-Control-Allow-Origin").Single());

        using var preflight = new HttpRequestMessage(HttpMethod.Options, Polling);
        preflight.Headers.Add("Origin", "https://example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using var answer = await host.Http.SendAsync(preflight, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Theory]
    [InlineData("https://example.com", true)]
    [InlineData("https://other.example", false)]
    [InlineData("null", false)]
    [InlineData("", true)]
    public async Task With_a_policy_WebSockets_are_held_to_it_too(string origin, bool isAllowed)
    {
        await using var host = await EngineHost.StartAsync(options => options.Cors = policy => policy.WithOrigins("https://example.com"));
        await using var own = await TestSocket.ConnectAsync(
            host.Address, Socket, options => options.SetRequestHeader("Origin", $"http://{host.Address.Authority}"));
        Assert.StartsWith("0{", await own.ReceiveTextAsync(), StringComparison.Ordinal);
        var connecting = TestSocket.ConnectAsync(host.Address, Socket, options =>
        {
            if (origin.Length > 0)
            {
                options.SetRequestHeader("Origin", origin);
            }
        });
        if (isAllowed)
        {
            await using var socket = await connecting;
            Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => connecting);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Large_responses_are_compressed_for_clients_that_take_it(string encoding)
    {
        await using var host = await EngineHost.StartAsync();
        await host.Http.GetStringAsync(Polling, Cancellation);
        var session = (await host.NextSessionAsync()).Session;
        session.Send(OutboundPacket.Text("4" + new string('x', 5000)));
        session.Send(OutboundPacket.Text("4second"));
        using var request = new HttpRequestMessage(HttpMethod.Get, PollingTests.Path(session.Id));
        request.Headers.Add("Accept-Encoding", encoding);
        using var response = await host.Http.SendAsync(request, Cancellation);

        Assert.Equal(encoding, response.Content.Headers.ContentEncoding.Single());
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        await using Stream plain = encoding == "gzip" ? new GZipStream(body, CompressionMode.Decompress) : new ZLibStream(body, CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        Assert.Equal("4" + new string('x', 5000) + "\u001e4second", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task WebSocket_messages_are_compressed_where_asked_for()
    {
        await using var host = await EngineHost.StartAsync(options => options.PerMessageDeflate = 100);
        await using var socket = await TestSocket.ConnectAsync(host.Address, Socket, options => options.DangerousDeflateOptions = new());
        await socket.ReceiveTextAsync();
        foreach (var length in new[] { 10, 5000, 99, 100, 200_000 })
        {
            var text = "4" + new string('x', length);
            await socket.SendAsync(text);
            Assert.Equal(text, await socket.ReceiveAsync());
        }
        await socket.SendAsync([1, 2, 3]);
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 1, 2, 3 }, await socket.ReceiveAsync());
        (await host.NextSessionAsync()).Session.Close();
        Assert.Empty(await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_server_that_shuts_down_ends_its_sessions_and_takes_no_more()
    {
        await using var host = await EngineHost.StartAsync();
        await using var socket = await TestSocket.ConnectAsync(host.Address, Socket);
        await socket.ReceiveTextAsync();
        var session = await host.NextSessionAsync();
        host.Server.CloseAll();

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(EngineCloseReason.ServerShuttingDown, (await session.Ended).Reason);
        using var response = await host.Http.GetAsync(Polling, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(0, host.Server.SessionCount);
    }

    [Fact]
    public async Task WebSockets_come_over_HTTP_2_too()
    {
        await using var host = await EngineHost.StartAsync(protocols: HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        await using var socket = await TestSocket.ConnectAsync(
            host.Address,
            Socket,
            options =>
            {
                options.HttpVersion = HttpVersion.Version20;
                options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            },
            invoker);
        await socket.ReceiveTextAsync();
        foreach (var length in new[] { 0, 10, 200_000 })
        {
            var text = "4" + new string('x', length);
            await socket.SendAsync(text);
            Assert.Equal(text, await socket.ReceiveAsync());
        }
        await socket.SendAsync([1, 2, 3]);
        Assert.Equal("4#", await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 1, 2, 3 }, await socket.ReceiveAsync());
        var session = await host.NextSessionAsync();
        await socket.CloseAsync();
        Assert.Equal(EngineCloseReason.TransportClose, (await session.Ended).Reason);
    }

    [Fact]
    public async Task The_queue_of_a_client_that_does_not_read_is_bounded_and_the_client_is_closed()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: 100_000);
        await host.Http.GetStringAsync(Polling, Cancellation);
        var session = await host.NextSessionAsync();
        var packet = OutboundPacket.Text("4" + new string('x', 867));
        var sent = 0;
        for (; session.Session.IsOpen; sent++)
        {
            session.Session.Send(packet);
        }

        Assert.Equal(101, sent);
        var (reason, description) = await session.Ended;
        Assert.Equal(EngineCloseReason.ForcedClose, reason);
        Assert.StartsWith(nameof(DisconnectReason.SlowClient), description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_queue_takes_a_packet_of_any_size()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: 100);
        await host.Http.GetStringAsync(Polling, Cancellation);
        var session = (await host.NextSessionAsync()).Session;
        for (var i = 0; i < 4; i++)
        {
            session.Send(OutboundPacket.Text("4" + new string('x', 996)));
        }

        Assert.True(session.IsOpen);
    }

    [Fact]
    public async Task A_WebSocket_that_is_not_read_from_is_closed_when_its_queue_is_full()
    {
        await using var host = await EngineHost.StartAsync(queueLimit: 1 << 20);
        await using var socket = await TestSocket.ConnectAsync(host.Address, Socket);
        var session = await host.NextSessionAsync();
        var packet = OutboundPacket.Text("4" + new string('x', 9996));
        for (var i = 0; session.Session.IsOpen; i++)
        {
            Assert.True(i < 100_000, "The queue has no bound.");
            session.Session.Send(packet);
        }

        Assert.Equal(EngineCloseReason.ForcedClose, (await session.Ended).Reason);
        await socket.ReceiveToEndAsync();
    }

    [Fact]
    public void What_is_wrong_with_options_names_the_option()
    {
        var options = new EngineIOOptions { PingInterval = TimeSpan.Zero, MaxHttpBufferSize = 0, Transports = EngineTransports.None, HttpCompression = -1 };

        Assert.Equal(["PingInterval", "MaxHttpBufferSize", "Transports", "HttpCompression"], options.Errors().Select(error => error.Split(' ')[0]));
        Assert.Empty(new EngineIOOptions().Errors());
    }
}
