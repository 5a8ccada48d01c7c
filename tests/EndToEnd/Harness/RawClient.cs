using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A TCP connection on which a test says exactly what it wants.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 << 10];
    private byte[] _rest = [];

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>A connection that has said something.</summary>
    public static async Task<RawClient> SayAsync(int port, string text)
    {
        var client = await ConnectAsync(port);
        await client.SendAsync(text);
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Sends each byte in a segment of its own.</summary>
    public async Task DripAsync(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await SendAsync(bytes.AsMemory(i, 1));
        }
    }

    /// <summary>Reads until something comes, and returns what came up to its end. What came after it is for the next call.</summary>
    public async Task<string> UntilAsync(string text)
    {
        var end = Encoding.UTF8.GetBytes(text);
        while (true)
        {
            if (_rest.AsSpan().IndexOf(end) is var at and >= 0)
            {
                var read = Encoding.UTF8.GetString(_rest, 0, at + end.Length);
                _rest = _rest[(at + end.Length)..];
                return read;
            }
            var length = await ReceiveAsync();
            Assert.True(length > 0, $"The connection ended before \"{text}\": {Encoding.UTF8.GetString(_rest)}");
            _rest = [.. _rest, .. _buffer.AsSpan(0, length)];
        }
    }

    /// <summary>Reads to the end, however that comes.</summary>
    public async Task<string> ToEndAsync()
    {
        while (await ReceiveAsync() is var length and > 0)
        {
            _rest = [.. _rest, .. _buffer.AsSpan(0, length)];
        }
        return Encoding.UTF8.GetString(_rest);
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReceiveAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await _socket.ReceiveAsync(_buffer, limit.Token);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            return 0;
        }
    }
}
