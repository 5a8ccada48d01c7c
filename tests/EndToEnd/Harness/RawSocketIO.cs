using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A Socket.IO connection over WebSocket on which a test says exactly what it wants.</summary>
internal sealed class RawSocketIO : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[64 << 10];

    private RawSocketIO()
    {
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RawSocketIO> OpenAsync(int port)
    {
        var client = new RawSocketIO();
        var url = string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket");
        await client._socket.ConnectAsync(new Uri(url), Cancellation);
        Assert.StartsWith("0{", await client.ReceiveAsync(), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Asks to be let in; returns the socket's id, and what its session can be asked for with.</summary>
    public async Task<(string Id, string Secret)> EnterAsync(string auth)
    {
        var entered = await TryEnterAsync(auth);
        Assert.NotNull(entered);
        return entered.Value;
    }

    /// <summary>The same; null where the connection was closed instead.</summary>
    public async Task<(string Id, string Secret)?> TryEnterAsync(string auth)
    {
        await SendAsync("40" + auth);
        if (await ReceiveAsync() is not { } answer)
        {
            return null;
        }
        Assert.StartsWith("40{", answer, StringComparison.Ordinal);
        var json = JsonDocument.Parse(answer[2..]).RootElement;
        return (json.GetProperty("sid").GetString()!, json.GetProperty("pid").GetString()!);
    }

    /// <summary>Sends a message as it is.</summary>
    public async Task SendAsync(string message) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

    /// <summary>Whether something comes that begins like this, before the connection ends.</summary>
    public async Task<bool> ReceivesAsync(string beginning)
    {
        while (await ReceiveAsync() is { } text)
        {
            if (text.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    public void Abort() => _socket.Abort();

    public void Dispose() => _socket.Dispose();

    /// <summary>The next message; null where the connection has ended.</summary>
    private async Task<string?> ReceiveAsync()
    {
        try
        {
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(), Cancellation);
            return received.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(_buffer, 0, received.Count);
        }
        catch (WebSocketException)
        {
            return null;
        }
    }
}
