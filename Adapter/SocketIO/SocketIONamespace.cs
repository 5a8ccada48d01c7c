using System.Collections.Concurrent;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// A namespace as Socket.IO clients join it: who is let in, and what happens then. Its rooms and broadcasts are those of the <see cref="Core">namespace of the
/// cluster</see>, which other servers share, and a SignalR hub may.
/// </summary>
public sealed partial class SocketIONamespace : NamespaceRoot
{
    private readonly ConcurrentDictionary<SocketId, SocketIOSocket> _sockets = new();
    private readonly Lock _lock = new();
    private readonly NamespaceUsers? _users;
    private Func<SocketIOSocket, Task>[] _middlewares = [];
    private Func<SocketIOSocket, Task>[] _connectionListeners = [];
    private RoomEvents? _roomEvents;

    internal SocketIONamespace(SocketIOServer server, Namespace core, SocketIONamespace? template, NamespaceUsers? users = null)
    {
        Server = server;
        Core = core;
        _users = users;
        Handlers = template?.Handlers ?? new EventHandlers();
        (_middlewares, _connectionListeners) = (template?._middlewares ?? [], template?._connectionListeners ?? []);
        _sessionEndListeners = template?._sessionEndListeners ?? [];
        if (server.Options.ConnectionStateRecovery is { } recovery)
        {
            core.UseRecovery(recovery.Settings(server.Options), TellEnded);
        }
    }

    /// <summary>The namespace's name, which begins with a slash.</summary>
    public override string Name => Core.Name;

    /// <summary>The namespace of the cluster behind it.</summary>
    internal Namespace Core { get; }

    /// <summary>The sockets of Socket.IO clients that are in it, on this server.</summary>
    public ICollection<SocketIOSocket> Sockets => _sockets.Values;

    /// <summary>The same, without a copy of them all.</summary>
    internal IEnumerable<SocketIOSocket> All => _sockets.Select(socket => socket.Value);

    internal override Namespace Owner => Core;

    internal SocketIOServer Server { get; }

    internal EventHandlers Handlers { get; }

    /// <summary>Whether its clients may come back to their sessions, where the server lets any.</summary>
    internal bool KeepsSessions { get; init; } = true;

    /// <summary>Where it counts as a namespace that a client brought into being; null where none did.</summary>
    internal NamespaceQuota? Quota { get; init; }

    /// <summary>A socket of this server by its id.</summary>
    public SocketIOSocket? Find(SocketId id) => _sockets.GetValueOrDefault(id);

    /// <summary>
    /// Runs for every client that wants to come in, in order, before it is. Throwing keeps it out: a <see cref="ConnectErrorException"/> tells it why; of
    /// anything else it learns nothing.
    /// </summary>
    public SocketIONamespace Use(Func<SocketIOSocket, Task> middleware) => Add(ref _middlewares, middleware);

    /// <summary>
    /// Runs for every client that has come in; its events are handled once that is over. What it throws is logged, and the client disconnected: it would be
    /// without its handlers.
    /// </summary>
    public SocketIONamespace OnConnection(Func<SocketIOSocket, Task> listener) => Add(ref _connectionListeners, listener);

    /// <inheritdoc cref="OnConnection(Func{SocketIOSocket, Task})"/>
    public SocketIONamespace OnConnection(Action<SocketIOSocket> listener) => OnConnection(listener.ToAsync());

    /// <summary>
    /// Says what to do with an event of any of the namespace's sockets; the handler may ask for the <see cref="SocketIOSocket"/> as a parameter. Costs
    /// nothing per connection, other than <see cref="SocketIOSocket.On"/>, which see for the rest.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    public SocketIONamespace On(string @event, Delegate handler)
    {
        ReservedEvents.Check(@event);
        Handlers.Add(@event, Server.Bind(handler));
        return this;
    }

    /// <summary>Called when a room gets its first member on this server.</summary>
    public SocketIONamespace OnCreateRoom(Action<string> listener) => Observe(events => events.Created += listener);

    /// <summary>Called when a socket of this server joins a room.</summary>
    public SocketIONamespace OnJoinRoom(Action<string, SocketId> listener) => Observe(events => events.Joined += listener);

    /// <summary>Called when a socket of this server leaves a room, also by disconnecting.</summary>
    public SocketIONamespace OnLeaveRoom(Action<string, SocketId> listener) => Observe(events => events.Left += listener);

    /// <summary>Called when a room loses its last member on this server.</summary>
    public SocketIONamespace OnDeleteRoom(Action<string> listener) => Observe(events => events.Deleted += listener);

    /// <summary>The same as <see cref="BroadcastRoot.Emit"/> with the event <c>message</c>.</summary>
    public Task Send(params ReadOnlySpan<object?> arguments) => Emit("message", arguments);

    /// <summary>Keeps it from being removed, until <see cref="EndUse"/>. False where it has been.</summary>
    internal bool TryUse() => _users?.TryEnter() ?? true;

    internal void EndUse() => _users?.Leave();

    /// <summary>Ends it for good where nobody has used it for so long.</summary>
    internal bool TryRemove(TimeSpan idle) => _users?.TryClose(idle) == true;

    /// <exception cref="Exception">Whatever a middleware threw.</exception>
    internal async Task RunMiddlewaresAsync(SocketIOSocket socket)
    {
        foreach (var middleware in _middlewares)
        {
            await middleware(socket).ConfigureAwait(false);
        }
    }

    /// <summary>The client is in: the application gets to know it, and only then its events.</summary>
    internal void TellConnected(SocketIOSocket socket)
    {
        foreach (var listener in _connectionListeners)
        {
            socket.Enqueue(() => ConnectAsync(listener, socket));
        }
    }

    /// <summary>A client whose connection the application could not deal with would be in without the handlers that it needs.</summary>
    private async Task ConnectAsync(Func<SocketIOSocket, Task> listener, SocketIOSocket socket)
    {
        try
        {
            await listener(socket).ConfigureAwait(true);
        }
        catch (Exception exception) when (socket.Connected)
        {
            SocketIOLog.ConnectionFailed(Server.Logger, Name, exception);
            socket.Disconnect();
        }
    }

    internal void Remember(SocketIOSocket socket) => _sockets[socket.Id] = socket;

    /// <summary>The socket has gone.</summary>
    /// <param name="socket">Which.</param>
    /// <param name="mayComeBack">Whether its session, if it has one, outlives it.</param>
    internal void Forget(SocketIOSocket socket, bool mayComeBack = false)
    {
        // Not one that came back under the same id.
        _sockets.TryRemove(new(socket.Id, socket));
        Core.Enqueue(new CommandItem((state, waiter, now) =>
        {
            state.Disconnect(socket, now, mayComeBack);
            waiter.TrySetResult();
        }, "a disconnect"));
    }

    private SocketIONamespace Add<T>(ref T[] to, T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        lock (_lock)
        {
            to = [.. to, item];
        }
        return this;
    }

    private SocketIONamespace Observe(Action<RoomEvents> observe)
    {
        lock (_lock)
        {
            if (_roomEvents is null)
            {
                var events = _roomEvents = new RoomEvents(Server.Logger, Name, Server.Time);
                Core.Enqueue(new CommandItem((state, waiter, _) =>
                {
                    state.Sockets.Observer = events;
                    waiter.TrySetResult();
                }, "observing rooms"));
            }
            observe(_roomEvents);
        }
        return this;
    }
}
