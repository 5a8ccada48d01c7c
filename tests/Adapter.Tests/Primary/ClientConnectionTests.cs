using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Tests.Primary;

/// <summary>How connections end that Kestrel's sockets read, and that are written to directly.</summary>
public sealed class ClientConnectionTests : IDisposable
{
    private const int Much = 8 << 20;
    private const int MaxReadBuffer = 1 << 16;

    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
    private readonly SocketConnectionContextFactory _factory = new(
        new SocketConnectionFactoryOptions { MaxReadBufferSize = MaxReadBuffer, UnsafePreferInlineScheduling = true }, NullLogger.Instance);

    private readonly ClientConnection _connection;

    public ClientConnectionTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        server.SendBufferSize = 4096;
        _connection = new ClientConnection(_factory.Create(server), server);
    }

    [Fact]
    public async Task What_was_written_arrives_whole_though_the_connection_has_been_served()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);
        var write = _connection.Transport.Output.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();
        Assert.False(write.IsCompleted);
        _connection.Transport.Output.CancelPendingFlush();
        Assert.True((await write.InTimeAsync()).IsCanceled);

        var end = _connection.DisposeAsync().AsTask();

        Assert.Equal(bytes, await ReadAsync(Much));
        await end.InTimeAsync();
        Assert.Equal(0, await _client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).InTimeAsync());
    }

    [Fact]
    public async Task A_client_that_has_gone_is_noticed_by_a_write_though_nobody_reads_what_it_sent()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        await FillAsync();
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();

        // The first may still be taken: the other side's reset is on its way.
        while (!(await _connection.Transport.Output.WriteAsync(new byte[10], TestContext.Current.CancellationToken).InTimeAsync()).IsCompleted)
        {
        }

        await closed.Task.InTimeAsync();
        await _connection.DisposeAsync().AsTask().InTimeAsync();
    }

    [Fact]
    public async Task What_was_aborted_ends_at_once()
    {
        var write = _connection.Transport.Output.WriteAsync(new byte[Much], TestContext.Current.CancellationToken).AsTask();

        _connection.Abort(new ConnectionAbortedException());

        Assert.True((await write.InTimeAsync()).IsCompleted);
        await _connection.DisposeAsync().AsTask().InTimeAsync();
    }

    public void Dispose()
    {
        _client.Dispose();
        _factory.Dispose();
    }

    /// <summary>Sends until the server takes no more: what it may hold is full, and so are the buffers of the system.</summary>
    private async Task FillAsync()
    {
        _client.Blocking = false;
        var sent = 0;
        while (sent < MaxReadBuffer || !IsFull())
        {
            sent += _client.Send(new byte[4096], SocketFlags.None, out _);
            await Task.Yield();
        }
    }

    private bool IsFull() => !_client.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite);

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var more = await _client.ReceiveAsync(bytes.AsMemory(read), TestContext.Current.CancellationToken).InTimeAsync();
            Assert.NotEqual(0, more);
            read += more;
        }
        return bytes;
    }
}
