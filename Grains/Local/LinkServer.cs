using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// The directory's end of all links: accepts them at a socket file, greets, and serves each on its own. Whatever a link does wrong ends that link, with
/// a reason in the log, and no other.
/// </summary>
internal sealed class LinkServer : IAsyncDisposable
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly DirectoryHost _directory;
    private readonly LinkOptions _options;
    private readonly ProtocolRange _versions;
    private readonly byte[] _secret;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LinkMetrics _metrics = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, LinkConnection?> _links = new();
    private readonly Socket _listener;
    private readonly Task _accepting;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The links that are served, and one for this object itself; at 0 it has stopped.</summary>
    private int _serving = 1;

    /// <summary>Serves what connects to a socket that listens; owns it from here on.</summary>
    public LinkServer(DirectoryHost directory, Socket listener, byte[] secret, ProtocolRange versions, LinkOptions options, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _options = options;
        _versions = versions;
        _secret = secret;
        _time = time;
        _logger = logger;
        _listener = listener;
        _accepting = AcceptAsync();
    }

    /// <summary>Closes the socket file and all links; returns when the last one has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var (socket, connection) in _links)
        {
            connection?.Close("the directory stops");
            socket.Dispose();
        }
        Leave();
        await _stopped.Task;
        _metrics.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                _links[socket] = null;
                Interlocked.Increment(ref _serving);
                _ = ServeAsync(socket);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }
                LinkLog.AcceptFailed(_logger, exception);
                await Task.Delay(AcceptPause, _time, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: LinkSocket.BufferBytes, leaveOpen: true));
            if (await GreetAsync(stream, reader) is var (hello, version))
            {
                var connection = new LinkConnection(socket, reader, stream, version, _options, _metrics, _logger);
                _links[socket] = connection;
                if (_stopping.IsCancellationRequested)
                {
                    connection.Close("the directory stops");
                }
                LinkLog.Accepted(_logger, hello.Role, hello.Process, version);
                var reason = await new LinkSession(_directory, hello, connection, _options, _metrics).RunAsync();
                LinkLog.Ended(_logger, hello.Role, hello.Process, reason);
            }
        }
        catch (Exception exception) when (exception is ProtocolException or IOException or SocketException or ObjectDisposedException)
        {
            LinkLog.NotGreeted(_logger, exception.Message);
        }
        catch (OperationCanceledException)
        {
            LinkLog.NotGreeted(_logger, _stopping.IsCancellationRequested ? "The directory stops." : $"No greeting came within {_options.GreetingTimeout}.");
        }
        finally
        {
            _links.TryRemove(socket, out _);
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _serving) == 0)
        {
            _stopped.TrySetResult();
        }
    }

    /// <summary>Hears who it is, and lets it in or refuses it; null where it was refused.</summary>
    private async Task<(LinkHello Hello, byte Version)?> GreetAsync(NetworkStream stream, PipeReader reader)
    {
        using var deadline = new CancellationTokenSource(_options.GreetingTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
        var hello = await LinkGreeting.ReadHelloAsync(reader, either.Token);
        var (welcome, reason) = Judge(hello);
        await stream.WriteAsync(LinkGreeting.Write(welcome), either.Token);
        if (reason is null)
        {
            return (hello, welcome.Version);
        }
        LinkLog.Refused(_logger, hello.Role, hello.Process, reason);
        return null;
    }

    private (LinkWelcome Welcome, string? Reason) Judge(LinkHello hello)
    {
        if (!LinkGreeting.SameSecret(_secret, hello.Secret.Span))
        {
            return (new LinkWelcome(LinkWelcomeStatus.WrongSecret, _versions, 0), "its secret is wrong.");
        }
        try
        {
            return (new LinkWelcome(LinkWelcomeStatus.Welcome, _versions, ProtocolVersion.Negotiate(_versions, hello.Versions)), null);
        }
        catch (ProtocolException exception)
        {
            return (new LinkWelcome(LinkWelcomeStatus.NoCommonVersion, _versions, 0), exception.Message);
        }
    }
}
