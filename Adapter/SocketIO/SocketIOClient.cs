using Microsoft.AspNetCore.Http;
using OrleansAdapter.EngineIO;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>One connection, with its part in any number of namespaces. Told of what comes by its session, one thing at a time.</summary>
internal sealed partial class SocketIOClient : IEngineHandler
{
    /// <summary>How many namespaces are remembered that this server made the client leave.</summary>
    private const int LeftLimit = 100;

    private const string TooManyEvents = "Too many events wait for their handlers.";

    private readonly SocketIOServer _server;
    private readonly IPacketDecoder _decoder;
    private readonly UnfinishedShare _share;
    private readonly ConnectionHandshake _handshake;

    /// <summary>Few, mostly one. Without a socket: on its way in.</summary>
    private readonly List<(string Namespace, SocketIOSocket? Socket, int Attempt)> _sockets = new(1);

    private List<string>? _left;

    /// <summary>Since when attachments of a packet are to come; 0 where none are.</summary>
    private long _incompleteSince;

    private int _connecting;
    private bool _entered;
    private ITimer? _connectTimer;
    private SocketIOSocket? _full;
    private bool _closed;

    public SocketIOClient(SocketIOServer server, EngineSession session, ConnectionHandshake handshake, PacketFormat format)
    {
        _server = server;
        Session = session;
        _handshake = handshake;
        Limits = server.Limits.Of(handshake.Address);
        _share = new UnfinishedShare(server.Engine.Unfinished);
        Format = format;
        _decoder = format.NewDecoder(server.JsonOptions, server.Options.MaxAttachments, _share);
        _connectTimer = Timers.Once(server.Time, server.Options.ConnectTimeout, static state => ((SocketIOClient)state!).ConnectTimedOut(), this);
    }

    public EngineSession Session { get; }

    /// <summary>How its packets are written and read.</summary>
    public PacketFormat Format { get; }

    /// <summary>What limits what it sends; null where nothing does.</summary>
    public ConnectionLimits? Limits { get; }

    /// <summary>The dynamic namespaces that it brought into being.</summary>
    public NamespaceQuota Quota { get; } = new();

    /// <summary>The request that the connection began with, as long as it may be asked for.</summary>
    public HttpContext? HttpContext => _handshake.Context?.HttpContext;

    public void Message(bool isBinary, ReadOnlyMemory<byte> data)
    {
        ReceivedPacket? packet;
        string? error;
        try
        {
            error = _decoder.Add(isBinary, data, out packet);
        }
#pragma warning disable CA1031 // A parser of the application's that fails: its client is disconnected.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            SocketIOLog.ParserFailed(_server.Logger, exception);
            Session.Close(EngineCloseReason.ParseError, "the parser failed");
            return;
        }
        if (error is not null)
        {
            SocketIOLog.ProtocolBroken(_server.Logger, error);
            if (ReferenceEquals(error, UnfinishedBytes.Refused))
            {
                _server.Engine.RefusedUnfinished();
                Session.Close(EngineCloseReason.TransportError, error);
                return;
            }
            Session.Close(EngineCloseReason.ParseError, error);
        }
        else if (packet is not null)
        {
            _incompleteSince = 0;
            Receive(packet);
        }
        else if (_incompleteSince == 0)
        {
            _incompleteSince = _server.Time.GetTimestamp();
        }
    }

    public void Heartbeat()
    {
        var since = Volatile.Read(ref _incompleteSince);
        if (since == 0 || Session.IsPaused || _server.Time.GetElapsedTime(since) < _server.Options.UnfinishedTimeout)
        {
            return;
        }
        var why = $"the attachments of a packet did not come within {_server.Options.UnfinishedTimeout} ({nameof(EngineIOOptions.UnfinishedTimeout)})";
        SocketIOLog.ProtocolBroken(_server.Logger, why);
        Session.Close(EngineCloseReason.TransportError, why);
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

    private void Receive(ReceivedPacket packet)
    {
        if (packet.Type == SocketIOPacketType.Connect)
        {
            ReceiveConnect(packet);
            return;
        }
        SocketIOSocket? socket;
        bool isKnown, hasOthers;
        lock (_sockets)
        {
            var place = PlaceOf(packet.Namespace);
            isKnown = place >= 0;
            socket = isKnown ? _sockets[place].Socket : null;
            hasOthers = _sockets.Exists(each => each.Socket is not null && each.Namespace != packet.Namespace);
            if (!isKnown && packet.Type != SocketIOPacketType.ConnectError && _left?.Contains(packet.Namespace) == true)
            {
                return;
            }
            if (isKnown && socket is null && packet.Type == SocketIOPacketType.Disconnect)
            {
                _sockets.RemoveAt(place);
                return;
            }
        }
        if (socket is null || packet.Type == SocketIOPacketType.ConnectError || (socket.IsConnecting && packet.Type != SocketIOPacketType.Disconnect))
        {
            ReceiveMisplaced(packet, socket, hasOthers);
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

    /// <summary>
    /// A packet for a namespace that the client is not in. As with the reference that ends the connection, unless it carries other namespaces, which have
    /// no part in it: then the client is told that it is not in this one.
    /// </summary>
    private void ReceiveMisplaced(ReceivedPacket packet, SocketIOSocket? socket, bool hasOthers)
    {
        var why = $"A packet of type {packet.Type} may not come now.";
        if (!hasOthers)
        {
            ForcedServerClose(why);
            return;
        }
        SocketIOLog.ProtocolBroken(_server.Logger, why);
        if (socket is null)
        {
            Session.Send(Format.Disconnect(packet.Namespace));
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
        _share.End();
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
}
