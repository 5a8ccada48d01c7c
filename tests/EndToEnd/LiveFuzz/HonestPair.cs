using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>Two clients of Socket.IO on two workers: one says something again and again, the other hears it.</summary>
internal sealed class HonestPair : IAsyncDisposable
{
    /// <summary>After so long a message counts as lost.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _speaker = new();
    private readonly ClientWebSocket _listener = new();
    private readonly string _room = Guid.NewGuid().ToString("N");
    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly byte[] _other = new byte[16 << 10];

    /// <summary>The longest that a message has taken.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>How many messages there were.</summary>
    public int Messages { get; private set; }

    public static async Task<HonestPair> StartAsync(string first, string second, CancellationToken cancellation)
    {
        var pair = new HonestPair();
        await OpenAsync(pair._speaker, pair._other, first, cancellation);
        await OpenAsync(pair._listener, pair._buffer, second, cancellation);
        await SendAsync(pair._listener, $"421[\"join\",\"{pair._room}\"]", cancellation);
        await UntilAsync(pair._listener, pair._buffer, "431", cancellation);
        return pair;
    }

    /// <summary>Talks until it is told to stop, and then to the end of the message: what is cut off ends a WebSocket.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Lost);
            var began = Stopwatch.GetTimestamp();
            await SendAsync(_speaker, $"427[\"say\",\"{_room}\",{Messages}]", limit.Token);
            await UntilAsync(_listener, _buffer, "\"said\"", limit.Token);
            await UntilAsync(_speaker, _other, "437", limit.Token);
            var took = Stopwatch.GetElapsedTime(began);
            Longest = took > Longest ? took : Longest;
            Messages++;
        }
    }

    public ValueTask DisposeAsync()
    {
        _speaker.Dispose();
        _listener.Dispose();
        return default;
    }

    private static async Task OpenAsync(ClientWebSocket socket, byte[] buffer, string url, CancellationToken cancellation)
    {
        await socket.ConnectAsync(new Uri($"{url.Replace("http:", "ws:", StringComparison.Ordinal)}/socket.io/?EIO=4&transport=websocket"), cancellation);
        await SendAsync(socket, "40", cancellation);
        await UntilAsync(socket, buffer, "40{", cancellation);
    }

    private static Task SendAsync(ClientWebSocket socket, string text, CancellationToken cancellation) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancellation);

    private static async Task UntilAsync(ClientWebSocket socket, byte[] buffer, string text, CancellationToken cancellation)
    {
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, cancellation);
            Assert.False(received.MessageType == WebSocketMessageType.Close, "An honest client's connection was closed.");
            var message = Encoding.UTF8.GetString(buffer, 0, received.Count);
            if (message == "2")
            {
                await SendAsync(socket, "3", cancellation);
            }
            if (message.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }
    }
}
