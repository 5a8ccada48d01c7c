using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.SocketIO.Tests.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A live server takes or refuses whatever clients send: it logs no error, keeps nothing, and serves the next client.</summary>
public sealed class LiveBrokenInputTests
{
    private const int Limit = 10_000;

    private static int Cases => Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") is null ? 1_000 : 20_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(11)]
    public async Task Over_WebSocket(int seed)
    {
        await using var cluster = await StartAsync();
        var input = new BrokenInput(seed);
        var next = await cluster[0].ConnectAsync();
        await next.SendAsync("40");
        for (var i = 0; i < Cases; i++)
        {
            var isBinary = input.Next(6) == 0;
            var data = isBinary
                ? input.Bytes()
                : input.Next(10) == 0 ? input.Text()
                : [(byte)'4', .. input.Text(), .. input.Next(50) == 0 ? new byte[Limit] : []];
            try
            {
                await next.SendAsync(data, isBinary ? WebSocketMessageType.Binary : WebSocketMessageType.Text);
                if (input.Next(8) == 0)
                {
                    next.Abort();
                }
            }
            catch (Exception exception) when (exception is WebSocketException or IOException or InvalidOperationException)
            {
                await next.DisposeAsync();
                next = await cluster[0].ConnectAsync();
                await next.SendAsync("40");
            }
        }
        next.Abort();
        await AssertWellAsync(cluster, seed);
    }

    [Theory]
    [InlineData(12)]
    public async Task Over_polling(int seed)
    {
        await using var cluster = await StartAsync();
        var input = new BrokenInput(seed);
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var path = await OpenAsync(http);
        Dictionary<int, int> answers = [];
        for (var i = 0; i < Cases; i++)
        {
            byte[] body = [(byte)'4', .. input.Text(), .. input.Next(3) == 0 ? "\u001e4"u8.ToArray() : [], .. input.Next(3) == 0 ? input.Text() : [],
                .. input.Next(50) == 0 ? new byte[Limit] : []];
            using var request = new HttpRequestMessage(input.Next(30) == 0 ? HttpMethod.Put : HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
            if (input.Next(30) == 0)
            {
                request.Content.Headers.ContentType = new("application/octet-stream");
            }
            using var response = await http.SendAsync(request, Cancellation);
            var status = (int)response.StatusCode;
            Assert.True(status is 200 or 400 or 413 or 500, $"Seed {seed}, case {i}: {response.StatusCode}");
            answers[status] = answers.GetValueOrDefault(status) + 1;
            if (response.StatusCode == HttpStatusCode.BadRequest)
            {
                path = await OpenAsync(http);
            }
        }
        // Not all of them for one and the same reason.
        Assert.True(
            answers.GetValueOrDefault(200) > Cases / 10 && answers.GetValueOrDefault(400) > Cases / 10 && answers.ContainsKey(413) && answers.ContainsKey(500),
            $"Seed {seed}: {string.Join(' ', answers)}");
        await AssertWellAsync(cluster, seed);
    }

    [Theory]
    [InlineData(13)]
    public async Task As_requests(int seed)
    {
        await using var cluster = await StartAsync();
        var random = new Random(seed);
        string[] queries =
        [
            "EIO=4", "EIO=3", "EIO", "transport=polling", "transport=websocket", "transport=%00", "sid=", "sid=%F0%9F%98%80", "sid=__proto__", "t=abc",
                "b64=1", "j=0", "&&&", "transport=polling%20", "=", "EIO=4&EIO=4",
        ];
        string[] headers =
        [
            "Upgrade: websocket", "Connection: Upgrade", "Connection: keep-alive", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Key: x", "Origin: http://a.example", "Origin: \u0001", "Content-Type: application/octet-stream", "Content-Length: 3",
                "Content-Length: 99999999999", "Transfer-Encoding: chunked", "Cookie: io=1", "Expect: 100-continue",
        ];
        for (var i = 0; i < Cases; i++)
        {
            var text = new StringBuilder();
            text.Append(Pick(random, ["GET", "GET", "POST", "PUT", "OPTIONS", "DELETE", "CONNECT"])).Append(" /socket.io/?");
            text.AppendJoin('&', Enumerable.Range(0, random.Next(4)).Select(_ => Pick(random, queries))).Append(" HTTP/1.1\r\nHost: localhost\r\n");
            foreach (var header in Enumerable.Range(0, random.Next(6)).Select(_ => Pick(random, headers)))
            {
                text.Append(header).Append("\r\n");
            }
            text.Append("\r\n").Append(Pick(random, ["", "", "4a", "1\r\nx\r\n0\r\n\r\n", "\u0081\u0005hello"]));
            await SendAsync(cluster[0].Address.Port, Encoding.Latin1.GetBytes(text.ToString()));
        }
        await AssertWellAsync(cluster, seed);
    }

    [Theory]
    [InlineData(14)]
    public async Task As_WebSocket_frames(int seed)
    {
        await using var cluster = await StartAsync();
        var random = new Random(seed);
        byte[] upgrade =
        [
            .. "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "u8,
            .. "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8,
        ];
        for (var i = 0; i < Cases; i++)
        {
            List<byte> bytes = [.. upgrade];
            for (var frames = random.Next(1, 5); frames > 0; frames--)
            {
                var payload = Encoding.UTF8.GetBytes(Pick(random, ["40", "42[\"echo\",1]", "2probe", "", "4abc", "\ud83d\ude00", new string('x', 200)]));
                bytes.Add((byte)(random.Next(3) == 0 ? random.Next(256) : Pick(random, [0x81, 0x82, 0x88, 0x89, 0x8a, 0x01, 0x80])));
                bytes.Add((byte)((random.Next(8) == 0 ? 0 : 0x80) | (random.Next(10) == 0 ? random.Next(128) : Math.Min(payload.Length, 125))));
                bytes.AddRange([0, 0, 0, 0]);
                bytes.AddRange(payload.Take(125));
            }
            await SendAsync(cluster[0].Address.Port, [.. bytes]);
        }
        await AssertWellAsync(cluster, seed);
    }

    private static Task<SocketIOCluster> StartAsync() => SocketIOCluster.StartAsync(
        configure: options => options.MaxHttpBufferSize = Limit,
        serve: io =>
        {
            io.Of("/admin");
            io.On("echo", (SocketIOArguments arguments, SocketIOAck ack) => ack.Send(arguments.Count));
            io.On("say", (string room, string text) => io.To(room.Length == 0 ? "empty" : room).Emit("said", text));
        });

    /// <summary>Sends bytes, waits for what comes back first, and hangs up.</summary>
    private static async Task SendAsync(int port, byte[] bytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        await socket.SendAsync(bytes, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4096];
        try
        {
            await socket.ReceiveAsync(buffer, Cancellation).AsTask().InTimeAsync();
        }
        catch (SocketException)
        {
        }
    }

    private static async Task<string> OpenAsync(HttpClient http)
    {
        var body = await http.GetStringAsync("/socket.io/?EIO=4&transport=polling", Cancellation);
        var path = $"/socket.io/?EIO=4&transport=polling&sid={body.Substring(9, 20)}";
        using var connected = await http.PostAsync(path, new StringContent("40"), Cancellation);
        return path;
    }

    /// <summary>No error was logged, the server serves, and a client that comes in is served as ever.</summary>
    private static async Task AssertWellAsync(SocketIOCluster cluster, int seed)
    {
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"echo\",1,2]");
        Assert.Equal("431[2]", await socket.ReceiveAsync());
        await socket.CloseAsync();
        Assert.True(cluster[0].Log.Errors.Count == 0, $"Seed {seed}: {string.Join('\n', cluster[0].Log.Errors.Take(5))}");
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
