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
    private const int Much = SocketPair.Much;
    private const int MaxReadBuffer = 1 << 16;

    private readonly SocketPair _sockets = new();
    private readonly SocketConnectionContextFactory _factory = new(
        new SocketConnectionFactoryOptions { MaxReadBufferSize = MaxReadBuffer, UnsafePreferInlineScheduling = true }, NullLogger.Instance);

    private readonly ClientConnection _connection;

    public ClientConnectionTests() => _connection = new ClientConnection(_factory.Create(_sockets.Server), _sockets.Server);

    [Fact]
    public async Task What_was_written_arrives_whole_though_the_connection_has_been_served()
    {
        var bytes = RandomNumberGenerator.GetBytes(Much);
        var write = _connection.Transport.Output.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();
        Assert.False(write.IsCompleted);
        _connection.Transport.Output.CancelPendingFlush();
        Assert.True((await write.InTimeAsync()).IsCanceled);

        var end = _connection.DisposeAsync().AsTask();

        Assert.Equal(bytes, await _sockets.ReadAsync(Much));
        await end.InTimeAsync();
        Assert.Equal(0, await _sockets.Client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).InTimeAsync());
    }

    [Fact]
    public async Task A_client_that_has_gone_is_noticed_by_a_write_though_nobody_reads_what_it_sent()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        await FillAsync();
        _sockets.Client.LingerState = new LingerOption(true, 0);
        _sockets.Client.Close();

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
        _sockets.Dispose();
        _factory.Dispose();
    }

    /// <summary>Sends until the server takes no more: what it may hold is full, and so are the buffers of the system.</summary>
    private async Task FillAsync()
    {
        _sockets.Client.Blocking = false;
        var sent = 0;
        while (sent < MaxReadBuffer || !IsFull())
        {
            sent += _sockets.Client.Send(new byte[4096], SocketFlags.None, out _);
            await Task.Yield();
        }
    }

    private bool IsFull() => !_sockets.Client.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite);
}
