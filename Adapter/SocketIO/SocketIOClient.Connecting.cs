using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>How it comes into namespaces.</content>
internal sealed partial class SocketIOClient
{
    /// <summary>How many namespaces a client may be on its way into.</summary>
    private const int ConnectingLimit = 100;

    private static readonly JsonElement NoAuth = JsonSerializer.Deserialize<JsonElement>("{}"u8);

    /// <summary>Numbers the client's attempts to come into namespaces: a newer one takes the place of one that is under way.</summary>
    private int _attempt;

    /// <summary>
    /// The client wants to come into a namespace. Where it is there already, or on its way, the newer attempt takes the older one's place: an official
    /// client that is told to disconnect and connect again while it waits for the server's word sends just that.
    /// </summary>
    private void ReceiveConnect(ReceivedPacket packet)
    {
        SocketIOSocket? replaced = null;
        var refused = "";
        if (Limits?.Take(SocketIOServer.UserIdOf(_handshake.User)) is { } refusal)
        {
            var data = Serialize(packet.Namespace, new { retryAfter = refusal.RetryAfter?.TotalSeconds });
            Session.Send(Format.ConnectError(packet.Namespace, refusal.Message, data));
            return;
        }
        lock (_sockets)
        {
            if (_closed)
            {
                return;
            }
            var place = PlaceOf(packet.Namespace);
            if (_connecting >= ConnectingLimit)
            {
                refused = "Too many namespaces at once";
            }
            else if (packet.Payload.Length > _server.Options.MaxAuthBytes)
            {
                refused = $"The auth payload has more than {_server.Options.MaxAuthBytes} bytes (MaxAuthBytes)";
            }
            else if (place < 0 && _sockets.Count >= _server.Options.MaxNamespacesPerConnection)
            {
                refused = "Too many namespaces";
            }
            else
            {
                _connecting++;
                var attempt = ++_attempt;
                if (place >= 0)
                {
                    replaced = _sockets[place].Socket;
                    _sockets[place] = (packet.Namespace, null, attempt);
                }
                else
                {
                    _sockets.Add((packet.Namespace, null, attempt));
                }
                _left?.Remove(packet.Namespace);
                ThreadPool.UnsafeQueueUserWorkItem(
                    static state => _ = state.client.ConnectAsync(state.packet, state.attempt), (client: this, packet, attempt), preferLocal: false);
            }
        }
        replaced?.End(DisconnectReasons.ClientNamespaceDisconnect, "The client connected anew.");
        if (refused.Length > 0)
        {
            Session.Send(Format.ConnectError(packet.Namespace, refused, default));
        }
    }

    private async Task ConnectAsync(ReceivedPacket packet, int attempt)
    {
        var name = packet.Namespace;
        var auth = ReadAuth(packet.Payload);
        var recovery = _server.Options.ConnectionStateRecovery;
        var isMalformed = false;
        var asked = recovery is null ? null : RecoverySecret.Take(ref auth, out isMalformed);
        if (isMalformed)
        {
            _server.Metrics.ClaimMalformed();
        }
        SocketIONamespace? @namespace = null;
        SocketIOSocket? socket = null;
        var entered = false;
        try
        {
            @namespace = await _server.ResolveAsync(name, auth, Quota).ConfigureAwait(false);
            if (@namespace is null)
            {
                Count(ConnectRefusal.UnknownNamespace);
                Refuse(name, attempt, "Invalid namespace", null, null);
                return;
            }
            if (@namespace.KeepsSessions && asked is { } wanted
                && await RecoverAsync(@namespace, attempt, wanted.Secret, wanted.Offset, auth).ConfigureAwait(false) is { } recovered)
            {
                (socket, entered) = recovered;
            }
            else
            {
                socket = NewSocket(@namespace.Core.NewSocketId(), @namespace, auth);
                if (recovery is not null && @namespace.KeepsSessions)
                {
                    socket.GiveSession();
                }
                if (!TryAdd(name, attempt, socket))
                {
                    return;
                }
                await @namespace.RunMiddlewaresAsync(socket).ConfigureAwait(false);
                entered = await socket.EnterAsync().ConfigureAwait(false);
            }
            if (entered)
            {
                StopConnectTimer();
                // Behind OnConnection.
                socket.Enqueue(() => ConnectedAsync(entered: true));
            }
        }
        catch (ConnectErrorException exception)
        {
            Count(ConnectRefusal.Middleware);
            Refuse(name, attempt, exception.Message, exception.ErrorData, socket);
        }
        catch (OperationException)
        {
            // This server was fenced: the client may come back at once.
            Count(ConnectRefusal.Unavailable);
            Session.Close(EngineCloseReason.ForcedClose, nameof(DisconnectReason.ServerFenced));
        }
        catch (TimeoutException exception) when (socket is not null)
        {
            Count(ConnectRefusal.Unavailable);
            SocketIOLog.NotRegistered(_server.Logger, name, exception);
            Refuse(name, attempt, "Service unavailable", null, socket);
        }
#pragma warning disable CA1031 // The application's code failed: nobody gets in by that, and nobody learns why.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Count(ConnectRefusal.Error);
            SocketIOLog.MiddlewareFailed(_server.Logger, name, exception);
            Refuse(name, attempt, "Internal server error", null, socket);
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

    private void Count(ConnectRefusal reason) => _server.Metrics.ConnectRefused(ClientKind.SocketIOProtocol, reason);

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

    /// <summary>Takes in a socket that is on its way; false if the connection has ended, or the client has tried anew.</summary>
    private bool TryAdd(string name, int attempt, SocketIOSocket socket)
    {
        lock (_sockets)
        {
            var place = PlaceOf(name);
            if (_closed || place < 0 || _sockets[place].Attempt != attempt)
            {
                return false;
            }
            _sockets[place] = (name, socket, attempt);
            return true;
        }
    }

    private void Refuse(string name, int attempt, string message, object? data, SocketIOSocket? socket)
    {
        var json = Serialize(name, data);
        bool isCurrent;
        lock (_sockets)
        {
            isCurrent = _sockets.RemoveAll(each => each.Attempt == attempt) > 0;
        }
        socket?.End(DisconnectReasons.ServerNamespaceDisconnect, message);
        if (isCurrent)
        {
            Session.Send(Format.ConnectError(name, message, json));
        }
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

    private static JsonElement ReadAuth(ReadOnlyMemory<byte> payload) =>
        payload.IsEmpty ? NoAuth : JsonSerializer.Deserialize<JsonElement>(payload.Span);
}
