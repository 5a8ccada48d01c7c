using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>One connection after the other, each with input that is almost right. What comes back is of no interest, but that the server lets go.</summary>
internal sealed partial class Attacker(int port, int ports, int seed)
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[16 << 10];

    /// <summary>How many connections it has made.</summary>
    public int Attacks { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        var noise = new Noise(_random);
        for (; !stop.IsCancellationRequested; Attacks++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port + _random.Next(ports), stop);
                await (_random.Next(4) switch
                {
                    0 => SendAsync(socket, Encoding.Latin1.GetBytes(noise.Request()), stop),
                    1 => PollAsync(socket, noise, stop),
                    2 => TalkAsync(socket, "/socket.io/?EIO=4&transport=websocket", noise, noise.Packet, stop),
                    _ => TalkAsync(socket, "/hub", noise, noise.Record, stop),
                });
                await ReadAsync(socket, stop);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // The server hung up, or the time is over.
            }
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken stop) => await socket.SendAsync(bytes, stop);

    private async Task PollAsync(Socket socket, Noise noise, CancellationToken stop)
    {
        await SendAsync(socket, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), stop);
        var answer = await ReadAsync(socket, stop, "}");
        var id = SessionId().Match(answer).Groups[1].Value;
        for (var posts = _random.Next(1, 5); posts > 0; posts--)
        {
            var body = string.Join('\u001e', Enumerable.Range(0, _random.Next(1, 4)).Select(_ => noise.Packet()));
            var length = Encoding.UTF8.GetByteCount(body) + (_random.Next(20) == 0 ? 5 : 0);
            var head = $"POST /socket.io/?EIO=4&transport=polling&sid={id} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n";
            await SendAsync(socket, Encoding.UTF8.GetBytes(head + body), stop);
            await ReadAsync(socket, stop, "ok");
        }
    }

    private async Task TalkAsync(Socket socket, string path, Noise noise, Func<string> next, CancellationToken stop)
    {
        var request = $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        await SendAsync(socket, Encoding.ASCII.GetBytes(request), stop);
        await ReadAsync(socket, stop, "\r\n\r\n");
        var first = path == "/hub" ? "{\"protocol\":\"json\",\"version\":1}\u001e" : "40";
        await SendAsync(socket, new Noise(new Random(1)).Frame(first), stop);
        for (var frames = _random.Next(1, 20); frames > 0; frames--)
        {
            await SendAsync(socket, noise.Frame(next()), stop);
        }
    }

    /// <summary>Reads until something has come, the connection has ended, or nothing has come for a moment.</summary>
    private async Task<string> ReadAsync(Socket socket, CancellationToken stop, string until = "\0")
    {
        var read = new StringBuilder();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Linger);
        try
        {
            while (await socket.ReceiveAsync(_buffer, limit.Token) is var length and > 0)
            {
                var text = Encoding.Latin1.GetString(_buffer, 0, length);
                read.Append(text);
                if (text.Contains(until, StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It says nothing.
        }
        return read.ToString();
    }

    [GeneratedRegex("\"sid\":\"([^\"]+)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SessionId();
}
