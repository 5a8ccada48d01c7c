using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Grains.Testing;

/// <summary>Stands before a port and passes everything on, both ways, as somebody in between would; counts what it saw.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _to;
    private readonly Task _running;
    private int _there;
    private int _back;

    public Relay(int to)
    {
        _to = to;
        _listener.Start();
        _running = RunAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>How many bytes went to the port.</summary>
    public int There => Volatile.Read(ref _there);

    /// <summary>How many bytes came from it.</summary>
    public int Back => Volatile.Read(ref _back);

    /// <summary>Completes when the first connection has ended.</summary>
    public Task FirstEnded => _ended.Task;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket from)
    {
        using var near = from;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _to, _end.Token);
            await Task.WhenAll(
                CopyAsync(near, far, count => Interlocked.Add(ref _there, count)),
                CopyAsync(far, near, count => Interlocked.Add(ref _back, count)));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The port is closed, or the test is over.
        }
        _ended.TrySetResult();
    }

    private async Task CopyAsync(Socket from, Socket to, Action<int> count)
    {
        var buffer = new byte[4096];
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var length)
            {
                count(length);
                await to.SendAsync(buffer.AsMemory(0, length), _end.Token);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // One of the ends is gone, or the test is over.
        }
    }
}
