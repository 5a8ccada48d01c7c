using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Primary;

/// <summary>
/// The link to the primary: receives connections on a thread of its own, and tells how many have come and ended. When the link ends, nothing comes any more;
/// that the primary is gone is noticed elsewhere.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FrontLink : IDisposable
{
    private const int Stack = 256 << 10;

    /// <summary>Connections that end within this time are told of together.</summary>
    private static readonly TimeSpan CountsPause = TimeSpan.FromMilliseconds(10);

    /// <summary>How long to wait for the connections that are on their way when no more are wanted.</summary>
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly Thread _thread;
    private readonly ILogger _logger;
    private readonly Lock _sending = new();
    private readonly Lock _asking = new();
    private readonly Channel<Socket> _plain = NewChannel();
    private readonly Channel<Socket> _secure = NewChannel();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _leaving;
    private long _received;
    private long _endedCount;
    private int _countsDue;
    private bool _disposed;

    private FrontLink(Socket socket, ILogger logger)
    {
        (_socket, _logger) = (socket, logger);
        _descriptor = (int)socket.Handle;
        _thread = new Thread(Receive, Stack) { IsBackground = true, Name = "Connections from the primary" };
    }

    /// <summary>Links to the primary and says who this worker is: from then on connections may come.</summary>
    /// <exception cref="IOException">The primary cannot be reached.</exception>
    public static FrontLink Connect(FrontOptions options, int capacity, ILogger logger)
    {
        // It stays a blocking socket, for the thread: nothing asynchronous is ever done with it.
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(options.SocketPath));
            var message = new byte[FrontContract.MaxMessage];
            var length = new FrontHello(options.Server, options.Secret, options.Secure, capacity).Write(message);
            socket.Send(message.AsSpan(0, length));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException($"The primary at {options.SocketPath} cannot be reached: {exception.Message}", exception);
        }
        var link = new FrontLink(socket, logger);
        link._thread.Start();
        return link;
    }

    /// <summary>The connections that come, of one kind; it ends when no more will.</summary>
    public ChannelReader<Socket> Connections(bool secure) => (secure ? _secure : _plain).Reader;

    /// <summary>A connection that was received has ended.</summary>
    public void Ended()
    {
        Interlocked.Increment(ref _endedCount);
        if (Interlocked.Exchange(ref _countsDue, 1) == 0)
        {
            _ = SendCountsAsync();
        }
    }

    /// <summary>Says that this worker begins to leave. Returns at once.</summary>
    public void SayDraining() => Send([(byte)ToPrimary.Drain]);

    /// <summary>Wants no more connections; returns when no more will come.</summary>
    public Task LeaveAsync()
    {
        lock (_asking)
        {
            return _leaving ??= LeaveCoreAsync();
        }
    }

    public void Dispose()
    {
        lock (_sending)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
        }
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The primary was first.
        }
        _thread.Join();
        _socket.Dispose();
        while (_plain.Reader.TryRead(out var connection) || _secure.Reader.TryRead(out connection))
        {
            connection.Dispose();
        }
    }

    private void Receive()
    {
        Span<byte> message = stackalloc byte[FrontContract.MaxMessage];
        while (DescriptorSocket.Receive(_descriptor, message, out var descriptor) is var length and > 0)
        {
            switch ((ToWorker)message[0])
            {
                case ToWorker.Plain or ToWorker.Secure:
                    Take(descriptor, secure: (ToWorker)message[0] == ToWorker.Secure);
                    break;
                case ToWorker.Ping:
                    // By way of the thread pool, which is what serves connections.
                    ThreadPool.UnsafeQueueUserWorkItem(static link => link.Send([(byte)ToPrimary.Pong]), this, preferLocal: false);
                    break;
                case ToWorker.Left:
                    Complete();
                    break;
                default:
                    // A newer primary may say more.
                    if (descriptor >= 0)
                    {
                        DescriptorSocket.Close(descriptor);
                    }
                    break;
            }
        }
        Complete();
    }

    private void Take(int descriptor, bool secure)
    {
        Interlocked.Increment(ref _received);
        if (descriptor < 0)
        {
            FrontLog.NoDescriptor(_logger);
            Ended();
            return;
        }
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var connection = new Socket(handle) { NoDelay = true };
            if ((secure ? _secure : _plain).Writer.TryWrite(connection))
            {
                return;
            }
        }
        catch (SocketException)
        {
            // It has ended already.
        }
        handle.Dispose();
        Ended();
    }

    private async Task SendCountsAsync()
    {
        await Task.Delay(CountsPause).ConfigureAwait(false);
        Volatile.Write(ref _countsDue, 0);
        Interlocked.MemoryBarrier();
        var message = new byte[FrontCounts.Length];
        var ended = Interlocked.Read(ref _endedCount);
        new FrontCounts(Interlocked.Read(ref _received), ended).Write(message);
        Send(message);
    }

    /// <summary>Says something to the primary. One that does not read loses what is said; the next counts say it again.</summary>
    private void Send(ReadOnlySpan<byte> message)
    {
        lock (_sending)
        {
            // The number may be somebody else's by then.
            if (!_disposed)
            {
                _ = DescriptorSocket.Send(_descriptor, message, -1);
            }
        }
    }

    private async Task LeaveCoreAsync()
    {
        Send([(byte)ToPrimary.Leave]);
        await Task.WhenAny(_ended.Task, Task.Delay(LeaveLimit)).ConfigureAwait(false);
        Complete();
    }

    private void Complete()
    {
        _plain.Writer.TryComplete();
        _secure.Writer.TryComplete();
        _ended.TrySetResult();
    }

    private static Channel<Socket> NewChannel() => Channel.CreateUnbounded<Socket>(new UnboundedChannelOptions { SingleWriter = true, SingleReader = true });
}

internal static partial class FrontLog
{
    [LoggerMessage(170, LogLevel.Error, "A connection was lost, because this process may have no more file descriptors; raise its limit (ulimit -n).")]
    public static partial void NoDescriptor(ILogger logger);
}
