using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>One connection, with its part in any number of namespaces. Told of what comes by its session, one thing at a time.</summary>
internal sealed class SocketIOClient : IEngineHandler
{
    /// <summary>How many namespaces a client may be on its way into.</summary>
    private const int ConnectingLimit = 100;

    /// <summary>How many namespaces are remembered that this server made the client leave.</summary>
    private const int LeftLimit = 100;

    private const string TooManyEvents = "Too many events wait for their handlers.";

    private static readonly JsonElement NoAuth = JsonSerializer.Deserialize<JsonElement>("{}"u8);

    private readonly SocketIOServer _server;
    private readonly SocketIODecoder _decoder;
    private readonly ConnectionHandshake _handshake;

    /// <summary>Few, mostly one. Without a socket: on its way in.</summary>
    private readonly List<(string Namespace, SocketIOSocket? Socket)> _sockets = new(1);

    private List<string>? _left;
    private int _connecting;
    private bool _entered;
    private ITimer? _connectTimer;
    private SocketIOSocket? _full;
    private bool _closed;

    public SocketIOClient(SocketIOServer server, EngineSession session, ConnectionHandshake handshake)
    {
        _server = server;
        Session = session;
        _handshake = handshake;
        _decoder = new SocketIODecoder(server.JsonOptions, server.Options.MaxAttachments);
        _connectTimer = Timers.Once(server.Time, server.Options.ConnectTimeout, static state => ((SocketIOClient)state!).ConnectTimedOut(), this);
    }

    public EngineSession Session { get; }

    /// <summary>The request that the connection began with, as long as it may be asked for.</summary>
    public HttpContext? HttpContext => _handshake.Context?.HttpContext;

    public void Message(bool isBinary, ReadOnlyMemory<byte> data)
    {
        if (_decoder.Add(isBinary, data.Span, out var packet) is { } error)
        {
            SocketIOLog.ProtocolBroken(_server.Logger, error);
            Session.Close(EngineCloseReason.ParseError, error);
        }
        else if (packet is not null)
        {
            Receive(packet);
        }
    }

    public ValueTask WhenReadyAsync() => Interlocked.Exchange(ref _full, null) is { } full ? full.WhenReadyAsync() : ValueTask.CompletedTask;

    public void Closed(EngineCloseReason reason, string? description) => End(reason.Name(), description);

    public bool IsBusy => Volatile.Read(ref _connecting) > 0 || Array.Exists(Sockets(), static socket => socket.PendingAckCount > 0 || socket.Events.IsRunning);

    /// <summary>Makes the client leave all namespaces, and closes its connection.</summary>
    public void DisconnectAll()
    {
        foreach (var socket in Sockets())
        {
            socket.Disconnect();
        }
        Session.Close();
    }

    /// <summary>The socket has ended.</summary>
    /// <param name="socket">Which.</param>
    /// <param name="isExpected">Whether because this server says so: the client's packets that are on their way are no fault of its.</param>
    public void Remove(SocketIOSocket socket, bool isExpected)
    {
        lock (_sockets)
        {
            if (_sockets.RemoveAll(each => ReferenceEquals(each.Socket, socket)) == 0 || !isExpected)
            {
                return;
            }
            _left ??= [];
            if (_left.Count == LeftLimit)
            {
                _left.RemoveAt(0);
            }
            _left.Add(socket.Namespace.Name);
        }
    }

    private void Receive(SocketIOPacket packet)
    {
        SocketIOSocket? socket;
        bool isKnown;
        var isTooMuch = false;
        lock (_sockets)
        {
            var place = PlaceOf(packet.Namespace);
            isKnown = place >= 0;
            socket = isKnown ? _sockets[place].Socket : null;
            if (!isKnown && packet.Type == SocketIOPacketType.Connect && !_closed)
            {
                isTooMuch = _connecting == ConnectingLimit;
            }
            if (!isKnown && packet.Type == SocketIOPacketType.Connect && !_closed && !isTooMuch)
            {
                _connecting++;
                _sockets.Add((packet.Namespace, null));
                _left?.Remove(packet.Namespace);
                ThreadPool.UnsafeQueueUserWorkItem(state => _ = state.client.ConnectAsync(state.packet), (client: this, packet), preferLocal: false);
                return;
            }
            if (!isKnown && packet.Type is not (SocketIOPacketType.Connect or SocketIOPacketType.ConnectError) && _left?.Contains(packet.Namespace) == true)
            {
                return;
            }
        }
        if (isTooMuch)
        {
            Session.Send(SocketIOEncoder.ConnectError(packet.Namespace, "Too many namespaces at once", default));
            return;
        }
        if (socket is null || socket.IsConnecting || packet.Type is SocketIOPacketType.Connect or SocketIOPacketType.ConnectError)
        {
            ForcedServerClose($"A packet of type {packet.Type} may not come now.");
            return;
        }
        if (packet.Type == SocketIOPacketType.Event && socket.Events.IsOverfull)
        {
            SocketIOLog.ProtocolBroken(_server.Logger, TooManyEvents);
            Session.Close(EngineCloseReason.ForcedClose, TooManyEvents);
            return;
        }
        socket.OnPacket(packet);
        if (socket.Events.IsFull)
        {
            _full = socket;
        }
    }

    private async Task ConnectAsync(SocketIOPacket packet)
    {
        var name = packet.Namespace;
        var auth = ReadAuth(packet.Payload);
        SocketIONamespace? @namespace = null;
        SocketIOSocket? socket = null;
        var entered = false;
        try
        {
            @namespace = await _server.ResolveAsync(name, auth).ConfigureAwait(false);
            if (@namespace is null)
            {
                Refuse(name, "Invalid namespace", null, null);
                return;
            }
            socket = new SocketIOSocket(@namespace.Core.NewSocketId(), @namespace, this, new Handshake(_handshake, auth)) { UserId = SocketIOServer.UserIdOf(_handshake.User) };
            if (!TryAdd(name, socket))
            {
                return;
            }
            await @namespace.RunMiddlewaresAsync(socket).ConfigureAwait(false);
            entered = await socket.EnterAsync().ConfigureAwait(false);
            if (entered)
            {
                StopConnectTimer();
                // Behind OnConnection.
                socket.Enqueue(() => ConnectedAsync(entered: true));
            }
        }
        catch (ConnectErrorException exception)
        {
            Refuse(name, exception.Message, exception.ErrorData, socket);
        }
        catch (OperationException)
        {
            // This server was fenced: the client may come back at once.
            Session.Close(EngineCloseReason.ForcedClose, nameof(DisconnectReason.ServerFenced));
        }
        catch (TimeoutException exception) when (socket is not null)
        {
            SocketIOLog.NotRegistered(_server.Logger, name, exception);
            Refuse(name, "Service unavailable", null, socket);
        }
#pragma warning disable CA1031 // The application's code failed: nobody gets in by that, and nobody learns why.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            SocketIOLog.MiddlewareFailed(_server.Logger, name, exception);
            Refuse(name, "Internal server error", null, socket);
        }
        finally
        {
            @namespace?.EndUse();
            if (!entered)
            {
                await ConnectedAsync(entered: false).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A namespace has been entered, or not. Once one has been and none is on its way, the request is not needed any more.</summary>
    private Task ConnectedAsync(bool entered)
    {
        lock (_sockets)
        {
            _connecting--;
            _entered |= entered;
        }
        return ForgetRequestAsync();
    }

    private async Task ForgetRequestAsync()
    {
        HandshakeContext? context;
        lock (_sockets)
        {
            if (_connecting > 0 || !(_closed || (_entered && !_server.Options.KeepHttpContext)))
            {
                return;
            }
            (context, _handshake.Context) = (_handshake.Context, null);
        }
        try
        {
            if (context is not null)
            {
                await context.DisposeAsync().ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // A service of the application's that cannot be disposed: the connection goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            SocketIOLog.ServicesFailed(_server.Logger, exception);
        }
    }

    /// <summary>Takes in a socket that is on its way; false if the connection has ended.</summary>
    private bool TryAdd(string name, SocketIOSocket socket)
    {
        lock (_sockets)
        {
            var place = PlaceOf(name);
            if (_closed || place < 0)
            {
                return false;
            }
            _sockets[place] = (name, socket);
            return true;
        }
    }

    private void Refuse(string name, string message, object? data, SocketIOSocket? socket)
    {
        var json = Serialize(name, data);
        socket?.End(DisconnectReasons.ServerNamespaceDisconnect, message);
        lock (_sockets)
        {
            _sockets.RemoveAll(each => each.Socket is null && each.Namespace == name);
        }
        Session.Send(SocketIOEncoder.ConnectError(name, message, json));
    }

    private ReadOnlyMemory<byte> Serialize(string name, object? data)
    {
        try
        {
            return data is null ? default : JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), _server.JsonOptions);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            SocketIOLog.MiddlewareFailed(_server.Logger, name, exception);
            return default;
        }
    }

    private void ConnectTimedOut()
    {
        // Sockets have locks of their own, which are not taken under this one.
        if (!Array.Exists(Sockets(), socket => !socket.IsConnecting))
        {
            ForcedServerClose("No namespace was joined in time.");
        }
    }

    private void ForcedServerClose(string why)
    {
        SocketIOLog.ProtocolBroken(_server.Logger, why);
        End(DisconnectReasons.ForcedServerClose, why);
        Session.Close();
    }

    private void End(string reason, string? description)
    {
        lock (_sockets)
        {
            _closed = true;
        }
        foreach (var socket in Sockets())
        {
            socket.End(reason, description);
        }
        StopConnectTimer();
        _ = ForgetRequestAsync();
    }

    private void StopConnectTimer() => Interlocked.Exchange(ref _connectTimer, null)?.Dispose();

    private SocketIOSocket[] Sockets()
    {
        lock (_sockets)
        {
            return [.. _sockets.Select(each => each.Socket).OfType<SocketIOSocket>()];
        }
    }

    private int PlaceOf(string @namespace)
    {
        for (var i = 0; i < _sockets.Count; i++)
        {
            if (_sockets[i].Namespace == @namespace)
            {
                return i;
            }
        }
        return -1;
    }

    private static JsonElement ReadAuth(ReadOnlyMemory<byte> payload) =>
        payload.IsEmpty ? NoAuth : JsonSerializer.Deserialize<JsonElement>(payload.Span);
}
