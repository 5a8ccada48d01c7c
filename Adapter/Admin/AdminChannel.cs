using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Admin;

/// <summary>
/// What servers say to each other for the admin UI, in a namespace of their own. Those that pages are connected to have a socket there, so that news go to
/// them alone; the others are asked by events between servers.
/// </summary>
internal sealed class AdminChannel : IDisposable
{
    private const string WatchEvent = "watch";
    private const string UnwatchEvent = "unwatch";
    private const string SnapshotEvent = "snapshot";
    private const string ActEvent = "act";
    private const string NewsEvent = "news";

    private readonly ThisServer _server;
    private readonly Namespace _namespace;
    private readonly ILogger _logger;
    private readonly Action<byte[]> _receive;
    private readonly SemaphoreSlim _entering = new(1);
    private volatile Receiver? _receiver;

    /// <param name="server">This server.</param>
    /// <param name="name">The namespace of the pages.</param>
    /// <param name="receive">Takes packets of news, in the order in which each server sent them, while <see cref="EnterAsync"/> holds.</param>
    /// <param name="logger">For what does not get through.</param>
    public AdminChannel(ThisServer server, string name, Action<byte[]> receive, ILogger logger)
    {
        (_server, _receive, _logger) = (server, receive, logger);
        // No client can ask for it, whatever patterns there are: the protocol has no name with a comma.
        _namespace = server.Of(name + ",servers");
    }

    public void Dispose() => _entering.Dispose();

    /// <summary>Whether a namespace is such a one, and not to be shown.</summary>
    public static bool IsOne(string name) => name.Contains(',', StringComparison.Ordinal);

    /// <summary>Says what is done with what other servers ask.</summary>
    /// <param name="watch">This server's watch.</param>
    /// <param name="act">Does something that only this server can.</param>
    public void Serve(SocketWatch watch, Func<AdminAction, Task> act)
    {
        _namespace.OnServerSideEmit(WatchEvent, asked =>
        {
            watch.Watch(asked.Sender.Process);
            return Task.FromResult<object?>(true);
        });
        _namespace.OnServerSideEmit(UnwatchEvent, asked =>
        {
            watch.Unwatch(asked.Sender.Process);
            return Task.FromResult<object?>(true);
        });
        _namespace.OnServerSideEmit(SnapshotEvent, async asked =>
        {
            var json = (await watch.SnapshotAsync(asked.Sender.Process, CancellationToken.None).ConfigureAwait(false)).ToJson();
            return new SocketIOValue(json, new Range(0, json.Length), [], []);
        });
        _namespace.OnServerSideEmit(ActEvent, async asked =>
        {
            if (asked.Argument<string>(0) != _server.Process.ToString() || AdminAction.Read(asked.Arguments[1]) is not { } action)
            {
                return null;
            }
            await act(action).ConfigureAwait(false);
            return true;
        });
    }

    /// <summary>Sends news to all servers that pages are connected to. They may get lost.</summary>
    public async Task SendAsync(byte[] packet)
    {
        try
        {
            await _namespace.Emit(NewsEvent, packet).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfTheCluster(exception))
        {
            AdminLog.NotReached(_logger, exception);
        }
    }

    /// <summary>Has all servers watched for pages of this one, for a while; ends when they have been told, or cannot be.</summary>
    public async Task WatchAsync()
    {
        try
        {
            await EnterAsync().ConfigureAwait(false);
            await _namespace.ServerSideEmitAsync(WatchEvent).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfTheCluster(exception))
        {
            AdminLog.NotReached(_logger, exception);
        }
    }

    /// <summary>No page is connected to this server any more.</summary>
    public async Task UnwatchAsync()
    {
        try
        {
            await LeaveAsync().ConfigureAwait(false);
            await _namespace.ServerSideEmitAsync(UnwatchEvent).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfTheCluster(exception))
        {
            AdminLog.NotReached(_logger, exception);
        }
    }

    /// <summary>The sockets of all other servers; those of servers that do not answer are missing.</summary>
    public async Task<IReadOnlyList<WatchSnapshot>> SnapshotsAsync()
    {
        IReadOnlyList<ServerSideResult<SocketIOValue>> answers = [];
        try
        {
            answers = await _namespace.ServerSideEmitWithAckAsync<SocketIOValue>(SnapshotEvent).ConfigureAwait(false);
        }
        catch (ServerSideTimeoutException<SocketIOValue> exception)
        {
            AdminLog.ServersSilent(_logger, exception);
            answers = exception.Answers;
        }
        catch (Exception exception) when (IsOfTheCluster(exception))
        {
            AdminLog.NotReached(_logger, exception);
        }
        return [.. answers.Select(answer => answer.Value).OfType<SocketIOValue>().Select(value => WatchSnapshot.Read(value.ToJson())).OfType<WatchSnapshot>()];
    }

    /// <summary>Has another server do something.</summary>
    /// <exception cref="Exception">It did not, or did not say so in time: what <see cref="IsOfTheCluster"/> is true for.</exception>
    public async Task ActAsync(string server, AdminAction action)
    {
        var answers = await _namespace.ServerSideEmitWithAckAsync<bool?>(ActEvent, null, server, action.ToJson()).ConfigureAwait(false);
        var answer = answers.FirstOrDefault(answer => answer.Server.Process.ToString() == server)
            ?? throw new TimeoutException($"Server {server}, which has the namespace {action.Namespace}, has gone.");
        if (answer.Error is not null)
        {
            throw new RequestFailedException(answer.Server, answer.Error);
        }
    }

    /// <summary>Whether what failed is for whoever asked: what was wrong with it, or what the cluster said to it.</summary>
    public static bool IsOfTheCluster(Exception exception) => exception is ArgumentException or OperationException or PublishQueueFullException
        or TimeoutException or RequestFailedException or TooManyRequestsException or DirectoryUnavailableException;

    /// <summary>Has news sent to this server.</summary>
    public async Task EnterAsync()
    {
        await _entering.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_receiver is null)
            {
                var receiver = new Receiver(_namespace.NewSocketId(), this);
                await _namespace.ConnectAsync(receiver).ConfigureAwait(false);
                _receiver = receiver;
            }
        }
        finally
        {
            _entering.Release();
        }
    }

    private async Task LeaveAsync()
    {
        await _entering.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Interlocked.Exchange(ref _receiver, null) is { } receiver)
            {
                await _namespace.DisconnectAsync(receiver).ConfigureAwait(false);
            }
        }
        finally
        {
            _entering.Release();
        }
    }

    /// <summary>Stands for this server among those that news are for. One that the namespace closes, as this server was fenced, is soon replaced.</summary>
    private sealed class Receiver(SocketId id, AdminChannel channel) : LocalSocket(id)
    {
        internal override void Deliver(Packet packet)
        {
            if (packet.Attachments is [var news, ..])
            {
                channel._receive(news.ToArray());
            }
        }

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason) => Interlocked.CompareExchange(ref channel._receiver, null, this);
    }
}
