using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A WebSocket client that speaks the wire as it is.</summary>
internal sealed class TestSocket : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The clients of each test, for as long as it runs: the server and what awaits it hold the test's context. A client that waits for nothing and is not
    /// used any more would be collected, and its connection closed, while the test still awaits what its server does.
    /// </summary>
    private static readonly ConditionalWeakTable<object, ConcurrentQueue<TestSocket>> Clients = [];

    private readonly ClientWebSocket _socket = new();

    /// <summary>Grows with the largest message.</summary>
    private byte[] _buffer = new byte[16 << 10];
    private int _received;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseDescription => _socket.CloseStatusDescription;

    public static async Task<TestSocket> ConnectAsync(
        Uri server, string pathAndQuery, Action<ClientWebSocketOptions>? configure = null, HttpMessageInvoker? invoker = null)
    {
        var socket = new TestSocket();
        configure?.Invoke(socket._socket.Options);
        using var limit = Within();
        await socket._socket.ConnectAsync(new Uri(new UriBuilder(server) { Scheme = "ws" }.Uri, pathAndQuery), invoker, limit.Token);
        var context = TestContext.Current;
        Clients.GetOrCreateValue((object?)context.Test ?? context.TestClass ?? (object)context).Enqueue(socket);
        return socket;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(byte[] bytes) => SendAsync(bytes, WebSocketMessageType.Binary);

    public async Task SendAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var limit = Within();
        await _socket.SendAsync(bytes, type, true, limit.Token);
    }

    /// <summary>Sends a part of a message of bytes.</summary>
    public async Task SendPartAsync(byte[] bytes)
    {
        using var limit = Within();
        await _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: false, limit.Token);
    }

    /// <summary>The next message: a string, or bytes; null when the connection ended, however it did.</summary>
    public async Task<object?> ReceiveAsync()
    {
        using var limit = Within();
        try
        {
            (var length, _received) = (_received, 0);
            while (true)
            {
                if (length == _buffer.Length)
                {
                    Array.Resize(ref _buffer, 2 * length);
                }
                var result = await _socket.ReceiveAsync(_buffer.AsMemory(length), limit.Token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
                    return null;
                }
                length += result.Count;
                if (result.EndOfMessage)
                {
                    return result.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(_buffer, 0, length) : _buffer.AsSpan(0, length).ToArray();
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or IOException)
        {
            return null;
        }
    }

    /// <summary>Takes so many bytes of the next message.</summary>
    public async Task ReceivePartAsync(int length)
    {
        using var limit = Within();
        var end = _received + length;
        Array.Resize(ref _buffer, Math.Max(_buffer.Length, end));
        while (_received < end)
        {
            var result = await _socket.ReceiveAsync(_buffer.AsMemory(_received, end - _received), limit.Token);
            Assert.False(result.EndOfMessage);
            _received += result.Count;
        }
    }

    public async Task<string> ReceiveTextAsync() => Assert.IsType<string>(await ReceiveAsync());

    /// <summary>Reads until the connection ends.</summary>
    public async Task<List<object>> ReceiveToEndAsync()
    {
        List<object> all = [];
        while (await ReceiveAsync() is { } message)
        {
            all.Add(message);
        }
        return all;
    }

    public async Task CloseAsync()
    {
        using var limit = Within();
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        while (await ReceiveAsync() is not null)
        {
        }
    }

    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static CancellationTokenSource Within()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(Limit);
        return source;
    }
}
