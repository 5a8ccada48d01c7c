using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// A client's part in one namespace. What is emitted to it here goes out at once; broadcasts come through the namespace's one order. Its handlers begin
/// in the order in which the client's packets came; <see cref="SocketIOOptions.HandlerScheduling"/> says how they run beside each other. Safe under threads.
/// </summary>
public sealed partial class SocketIOSocket : LocalSocket, IEventQueueOwner
{
    private enum State : byte
    {
        /// <summary>On its way in: the client has not been told yet.</summary>
        Connecting,
        Connected,
        Disconnected,
    }

    /// <summary>About what the objects of an event take, beside its bytes.</summary>
    private const int EventOverhead = 256;

    /// <summary>How many bytes of events may wait for their handlers at least.</summary>
    private const long MinimumEventBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly SocketIOClient _client;
    private readonly EventQueue _events;
    private CancellationTokenSource? _disconnected;
    private ConcurrentDictionary<string, object?>? _data;
    private volatile State _state;

    internal SocketIOSocket(SocketId id, SocketIONamespace @namespace, SocketIOClient client, Handshake handshake)
        : base(id)
    {
        Namespace = @namespace;
        _client = client;
        Handshake = handshake;
        var options = @namespace.Server.Options;
        // One event of the largest size may be under way while the next one is read.
        var bytes = Math.Max(MinimumEventBytes, 2L * options.MaxHttpBufferSize);
        _events = new EventQueue(this, options.MaxWaitingEvents, bytes, 2 * bytes, options.HandlerScheduling);
    }

    /// <summary>The namespace that it is in.</summary>
    public SocketIONamespace Namespace { get; }

    internal override ClientKind Kind => ClientKind.SocketIO(_client.Session.TransportName);

    internal override string ConnectionKey => _client.Session.Id;

    internal override string EndReason => _reason;

    /// <summary>How the client connected.</summary>
    public Handshake Handshake { get; }

    /// <summary>
    /// The request that the connection began with: a copy of it, with the user, its items and a scope of services of its own, and without a response. It is
    /// there in middlewares and <c>OnConnection</c> of the namespaces that a client asks for first; later only with
    /// <see cref="SocketIOOptions.KeepHttpContext"/>, until the connection ends.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client is in already, and it was not kept; or its connection has ended.</exception>
    public HttpContext HttpContext => _client.HttpContext ?? throw new InvalidOperationException(
        "The HttpContext of a connection is there until its client is in a namespace and OnConnection has run, or the connection has ended. Set "
        + $"{nameof(SocketIOOptions)}.{nameof(SocketIOOptions.KeepHttpContext)} to keep it, or take what you need into Data, or with "
            + $"{nameof(SocketIOOptions.CaptureHandshake)}.");

    /// <summary>Whether the client is in the namespace. Not yet in middlewares.</summary>
    public bool Connected => _state == State.Connected;

    /// <summary>The transport that carries it now: <c>polling</c> or <c>websocket</c>.</summary>
    public string Transport => _client.Session.TransportName;

    /// <summary>Whatever the application keeps with the socket; other servers see it, as JSON, when they fetch the socket.</summary>
    public IDictionary<string, object?> Data => _data ?? Interlocked.CompareExchange(ref _data, new(1, 4, StringComparer.Ordinal), null) ?? _data;

    /// <summary>Cancelled when the socket disconnects.</summary>
    public CancellationToken Disconnected
    {
        get
        {
            lock (_lock)
            {
                if (_state == State.Disconnected && _disconnected is null)
                {
                    return new CancellationToken(canceled: true);
                }
                return (_disconnected ??= new CancellationTokenSource()).Token;
            }
        }
    }

    internal SocketIOClient Client => _client;

    /// <summary>Whether the client has not been told yet that it is in. Waits for a moment in which that is being decided.</summary>
    internal bool IsConnecting
    {
        get
        {
            lock (_lock)
            {
                return _state == State.Connecting;
            }
        }
    }

    internal EventQueue Events => _events;

    /// <summary>All sockets of the namespace but this one.</summary>
    public BroadcastOperator Broadcast => Namespace.Except(Id.ToString());

    /// <summary>The sockets of this server but this one, outside the one order.</summary>
    public BroadcastOperator Local => Broadcast.Local;

    /// <summary>The members of rooms, less this socket.</summary>
    public BroadcastOperator To(params ReadOnlySpan<string> rooms) => Namespace.To(rooms).Except(Id.ToString());

    /// <summary>The same as <see cref="To"/>.</summary>
    public BroadcastOperator In(params ReadOnlySpan<string> rooms) => To(rooms);

    /// <summary>All but the members of rooms and this socket.</summary>
    public BroadcastOperator Except(params ReadOnlySpan<string> rooms) => Namespace.Except(rooms).Except(Id.ToString());

    /// <summary>Makes the client leave the namespace.</summary>
    /// <param name="close">Whether its connection ends, and with it its part in all namespaces.</param>
    public void Disconnect(bool close = false)
    {
        if (close)
        {
            _client.DisconnectAll();
        }
        else
        {
            LeaveNamespace();
        }
    }

    /// <inheritdoc/>
    internal override void WriteData(Utf8JsonWriter writer, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, _data, options);

    /// <inheritdoc/>
    internal override void WriteHandshake(Utf8JsonWriter writer, bool secrets)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Handshake.WriteTo(writer, secrets);
    }

    /// <inheritdoc/>
    internal override void Close(DisconnectReason reason)
    {
        switch (reason)
        {
            case DisconnectReason.ServerNamespaceDisconnect:
                LeaveNamespace();
                break;
            case DisconnectReason.ForcedServerClose:
                _client.DisconnectAll();
                break;
            case DisconnectReason.ServerShuttingDown:
                _client.Session.Close(EngineCloseReason.ServerShuttingDown, null);
                break;
            default:
                _client.Session.Close(EngineCloseReason.ForcedClose, reason.ToString());
                break;
        }
    }
}
