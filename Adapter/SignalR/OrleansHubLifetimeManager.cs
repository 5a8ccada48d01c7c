using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.Threading;

namespace OrleansAdapter.SignalR;

/// <summary>
/// The connections of a hub on all servers of the cluster. Whatever is sent, to whom ever, takes its place in the one order of the hub's namespace:
/// all clients see a part of the same sequence.
/// </summary>
/// <remarks>
/// The task of a send ends when the message is in the mailbox of every server with receivers, and this server has handed it to its own connections. It does
/// not wait for slow clients: each has a bounded queue (<see cref="OrleansAdapterOptions.ClientQueueLimit"/>).
/// The task of a group change ends when it holds in the whole cluster. Unknown connections are left alone, as SignalR does.
/// </remarks>
/// <typeparam name="THub">The hub.</typeparam>
internal sealed class OrleansHubLifetimeManager<THub> : HubLifetimeManager<THub>, IHubSocketOwner, IHubConnections, ISocketSource
    where THub : Hub
{
    private static readonly string[] Transports =
        [nameof(HttpTransportType.WebSockets), nameof(HttpTransportType.ServerSentEvents), nameof(HttpTransportType.LongPolling)];

    private readonly HubSockets _sockets = new();
    private readonly HubCodec _codec;
    private readonly ClientInvocations _invocations;
    private readonly ThisServer _server;
    private readonly RateLimits _limits;
    private readonly HubSessions? _sessions;
    private readonly ILogger _logger;

    /// <summary>Made by the host's container, which also registers the hub's namespace with it.</summary>
    public OrleansHubLifetimeManager(
        ThisServer server,
        RateLimits limits,
        HubNamespaces namespaces,
        IHubProtocolResolver protocols,
        IOptions<HubOptions> globalOptions,
        IOptions<HubOptions<THub>> hubOptions,
        IOptions<JsonHubProtocolOptions> json,
        ILoggerFactory loggers)
    {
        (_server, _limits) = (server, limits);
        _logger = loggers.CreateLogger("OrleansAdapter.SignalR").Bounded(server.Time);
        var supported = hubOptions.Value.SupportedProtocols ?? globalOptions.Value.SupportedProtocols ?? [];
        _codec = new HubCodec(
            protocols.AllProtocols.Where(protocol => supported.Contains(protocol.Name, StringComparer.OrdinalIgnoreCase)),
            json.Value.PayloadSerializerOptions,
            server.Options.JsonSerializerOptions,
            _logger);
        Namespace = server.Of(namespaces.NameOf(typeof(THub)));
        _sessions = server.Options.HubRecovery is { } recovery ? new HubSessions(Namespace, recovery, _logger) : null;
        _invocations = new ClientInvocations(Namespace, _codec);
        server.Draining.Add(_sockets);
        server.Sockets.Add(this);
        Tokens = new HubTokens(Namespace, server.Time, _sockets);
    }

    /// <summary>The hub's namespace.</summary>
    public Namespace Namespace { get; }

    /// <summary>The ids and tokens of the hub's endpoints.</summary>
    public HubTokens Tokens { get; }

    IEnumerable<(string Namespace, ClientKind Kind)> ISocketSource.Sockets => _sockets.All.Select(socket => (Namespace.Name, socket.Kind));

    IEnumerable<(string Namespace, ClientKind Kind)> ISocketSource.Expected => Transports.Select(transport => (Namespace.Name, ClientKind.SignalR(transport)));

    /// <summary>Client results under way.</summary>
    public ClientInvocations Invocations => _invocations;

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(HubConnectionContext connection)
    {
        try
        {
            var socket = await ResumeAsync(connection) ?? NewSocket(connection);
            SetId(connection, socket.Id);
            connection.Features.Set(socket);
            _sockets.Add(socket);
            socket.Begin();
            if (_limits.Of(connection.GetHttpContext()?.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress) is { } limits)
            {
                connection.Protocol = new RateLimitedProtocol(connection.Protocol, limits.ForSocket(connection.UserIdentifier));
            }
            if (socket.Recovery == HubConnectionRecovery.None)
            {
                await Namespace.ConnectAsync(socket);
            }
            socket.IsIn = true;
            _server.Metrics.Connected(Namespace.MetricName, socket.Kind);
        }
        catch (Exception exception) when (exception is OperationException or TimeoutException or ArgumentException)
        {
            HubLog.Refused(_logger, Namespace.Name, connection.ConnectionId, exception);
            _server.Metrics.ConnectRefused(
                ClientKind.SignalRProtocol, exception is ArgumentException ? ConnectRefusal.Invalid : ConnectRefusal.Unavailable);
            var mayReturn = exception is not ArgumentException;
            await connection.WriteAsync(new CloseMessage(mayReturn ? "The server cannot take connections now." : exception.Message, allowReconnect: mayReturn));
            throw new ConnectionResetException(exception.Message, exception); // before the hub has seen it; the framework goes on to OnDisconnectedAsync
        }
    }

    /// <inheritdoc/>
    public override async Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        if (connection.Features.Get<HubSocket>() is { } socket)
        {
            _sockets.Remove(socket);
            Tokens.Forget(socket.Id);
            socket.Release();
            _invocations.Disconnected(socket);
            if (socket.IsIn)
            {
                _server.Metrics.SocketEnded(Namespace.MetricName, socket.Kind, socket.EndReason);
            }
            var kept = socket.MayComeBack ? socket.KeepDataAsync() : Task.CompletedTask;
            await Namespace.DisconnectAsync(socket, socket.MayComeBack);
            await kept;
        }
    }

    /// <inheritdoc/>
    public override Task SendAllAsync(string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(BroadcastTarget.All, methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendAllExceptAsync(string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds,
        CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget([Room.Everyone], [], null, HubTargets.Sockets(excludedConnectionIds)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendConnectionAsync(string connectionId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget([], HubTargets.Socket(connectionId)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendConnectionsAsync(IReadOnlyList<string> connectionIds, string methodName, object?[] args,
        CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget([], HubTargets.Sockets(connectionIds)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendGroupAsync(string groupName, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(BroadcastTarget.Of(HubTargets.Group(groupName)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendGroupsAsync(IReadOnlyList<string> groupNames, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget(HubTargets.Groups(groupNames), []), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendGroupExceptAsync(string groupName, string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds,
        CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget([HubTargets.Group(groupName)], [], null, HubTargets.Sockets(excludedConnectionIds)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendUserAsync(string userId, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(BroadcastTarget.Of(HubTargets.User(userId)), methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SendUsersAsync(IReadOnlyList<string> userIds, string methodName, object?[] args, CancellationToken cancellationToken = default) =>
        SendAsync(new BroadcastTarget(HubTargets.Users(userIds), []), methodName, args, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="HubException">
    /// The group's name is empty, over 1,024 bytes of UTF-8, not valid Unicode, or a connection's id; or the connection is in too many.
    /// </exception>
    public override async Task AddToGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default)
    {
        var group = HubTargets.Group(groupName);
        try
        {
            await SteerAsync(connectionId, socket => Namespace.JoinAsync(socket, group), id => Operation.SocketsJoin(id, [group]))
                .WaitAsync(cancellationToken);
        }
        catch (ArgumentException exception)
        {
            throw new HubException(HubTargets.WithoutParameter(exception), exception);
        }
        catch (TooManyRoomsException exception)
        {
            throw new HubException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="HubException">The group's name is empty, over 1,024 bytes of UTF-8, or not valid Unicode.</exception>
    public override Task RemoveFromGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default)
    {
        var group = HubTargets.Group(groupName);
        return SteerAsync(connectionId, socket => Namespace.LeaveAsync(socket, group), id => Operation.SocketsLeave(id, [group]))
            .WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<T> InvokeConnectionAsync<T>(string connectionId, string methodName, object?[] args, CancellationToken cancellationToken) =>
        _invocations.InvokeAsync<T>(connectionId, methodName, args, cancellationToken);

    /// <inheritdoc/>
    public override Task SetConnectionResultAsync(string connectionId, CompletionMessage result)
    {
        ArgumentNullException.ThrowIfNull(result);
        _invocations.SetResult(connectionId, result);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override bool TryGetReturnType(string invocationId, [NotNullWhen(true)] out Type? type) => _invocations.TryGetReturnType(invocationId, out type);

    ISocketWatcher? IHubSocketOwner.Watcher => Namespace.Watcher;

    void IHubSocketOwner.Dropped(int packets) => _server.Metrics.Dropped(packets);

    void IHubSocketOwner.Ask(HubSocket socket, Packet packet, ClientAck ack) => _invocations.Ask(socket, packet, ack);

    Task IHubSocketOwner.KeepDataAsync(HubSocket socket) => _sessions?.KeepDataAsync(socket) ?? Task.CompletedTask;

    void IHubSocketOwner.Closed(HubSocket socket, DisconnectReason reason)
    {
        var isSlow = reason == DisconnectReason.SlowClient;
        _server.Metrics.Disconnected(reason);
        HubLog.Closed(_logger, isSlow ? LogLevel.Information : LogLevel.Debug, Namespace.Name, socket.Id, reason);
        _invocations.Disconnected(socket);
        if (isSlow)
        {
            _ = Namespace.DisconnectAsync(socket, socket.MayComeBack); // for all other reasons the namespace has taken it out
        }
    }

    private HubSocket NewSocket(HubConnectionContext connection)
    {
        var socket = Socket(connection, HubTokens.IdOf(connection) ?? Namespace.NewSocketId());
        if (_sessions is not null)
        {
            HubSessions.Give(socket);
        }
        return socket;
    }

    /// <summary>
    /// The socket that the client has come back to; null where it begins anew. Not for clients that negotiated version 0: their connection's id is its key,
    /// which a session's id, known to others, must not be.
    /// </summary>
    private Task<HubSocket?> ResumeAsync(HubConnectionContext connection) =>
        _sessions is null || (HubTokens.IdOf(connection) is { } id && Tokens.IsKey(id))
            ? Task.FromResult<HubSocket?>(null)
            : _sessions.ResumeAsync(
                connection.GetHttpContext()?.Request,
                connection.UserIdentifier,
                takesOffset: OffsetFramesFor(connection) is not null,
                resumed => Socket(connection, resumed),
                connection.ConnectionAborted);

    /// <summary>The frames of a client that asks for each invocation's place, and can be told.</summary>
    private HubFrames? OffsetFramesFor(HubConnectionContext connection) =>
        _sessions?.GivesOffsets(connection.GetHttpContext()?.Request) == true ? _codec.FramesWithOffsetOf(connection.Protocol) : null;

    private HubSocket Socket(HubConnectionContext connection, SocketId id) =>
        new(
            id, connection, OffsetFramesFor(connection) ?? _codec.FramesOf(connection.Protocol), this, SlowClientLimits.Of(_server.Options), _server.Time)
        {
            UserId = connection.UserIdentifier,
        };

    private static void SetId(HubConnectionContext connection, SocketId id) =>
        (connection.Features.Get<IConnectionIdFeature>()
            ?? throw new InvalidOperationException(
                "The connection has no IConnectionIdFeature: its id, which has to name this server, cannot be set.")).ConnectionId = id.ToString();

    private Task SendAsync(BroadcastTarget target, string method, object?[] arguments, CancellationToken cancellationToken)
    {
        if (target.Rooms.IsEmpty && target.Sockets.IsEmpty)
        {
            return Task.CompletedTask;
        }
        cancellationToken.ThrowIfCancellationRequested();
        return Namespace.PublishAsync(Operation.Emit(target, _codec.Encode(method, arguments))).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Does something to a connection, here or where it is. One whose client came back elsewhere stays among those of this server until its hub is done with
    /// it; it may go while something is done to it.
    /// </summary>
    private async Task SteerAsync(string connectionId, Func<HubSocket, Task> here, Func<BroadcastTarget, Operation> elsewhere)
    {
        var socket = _sockets.Find(connectionId);
        if (socket is { MayBeElsewhere: false })
        {
            await here(socket);
        }
        if (socket is not { MayBeElsewhere: false } && SocketId.TryParse(connectionId, out var id))
        {
            await Namespace.PublishAsync(elsewhere(BroadcastTarget.Socket(id)));
        }
    }
}
