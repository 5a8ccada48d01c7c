using OrleansAdapter.EngineIO;
using OrleansAdapter.RateLimiting;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>How it comes and goes.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>What came for the client before it was told that it is in.</summary>
    private List<OutboundPacket>? _held;

    private long _heldBytes;

    private string _reason = "";

    /// <summary>What limits its events; made for the first one where anything does.</summary>
    private SocketLimits? _limits;

    /// <summary>Whether the client has been told that it is in, and the home knows it.</summary>
    private bool _isIn;

    /// <summary>
    /// Lets the socket in: rooms that it joined on its way hold, the client is told, and then gets what waited. False if it has gone meanwhile.
    /// </summary>
    internal async Task<bool> EnterAsync()
    {
        if (HasSession && _data is not null)
        {
            TellData();
        }
        try
        {
            await Namespace.Core.ConnectAsync(this).ConfigureAwait(false);
            await JoinEarlyRoomsAsync().ConfigureAwait(false);
        }
        catch
        {
            // Its end may have come before it was in the namespace, and would not come again.
            Namespace.Forget(this);
            throw;
        }
        return Enter([]);
    }

    private bool Enter(
        IReadOnlyList<(string Event, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments, OutboundPacket Frames)> missed)
    {
        if (Session is { IsOpen: false, WasOpen: false })
        {
            (_secret, HasSession) = (null, false); // the home keeps no sessions
        }
        lock (_lock)
        {
            if (_state != State.Connecting)
            {
                Namespace.Forget(this, mayComeBack: Recovered);
                return false;
            }
            // First this, then what it missed: the client then has each at once, and a break anywhere costs nothing.
            _client.Session.Enqueue(_client.Format.Connect(Namespace.Name, Id, _secret));
            _secret = null;
            foreach (var (@event, arguments, attachments, frames) in missed)
            {
                TellOutgoing(@event, arguments, attachments);
                _client.Session.Enqueue(frames);
            }
            foreach (var packet in _held ?? [])
            {
                _client.Session.Enqueue(packet);
            }
            (_held, _heldBytes) = (null, 0);
            Namespace.Remember(this);
            Namespace.TryUse();
            _state = State.Connected;
            if (Session is { } session)
            {
                session.IsToldAll = true;
            }
            // Before the lock is left, and so before any of the client's events.
            Namespace.TellConnected(this);
        }
        Namespace.Core.Server.Metrics.Connected(Namespace.Core.MetricName, Kind);
        PublishEarlyEmits();
        _client.Session.Flush();
        return true;
    }

    /// <summary>Ends it: the one place that does. Nothing happens the second time.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="description">More, for logs.</param>
    /// <param name="last">What the client is told, once it may come again.</param>
    internal void End(string reason, string? description, OutboundPacket? last = null)
    {
        CancellationTokenSource? disconnected;
        bool wasConnected;
        lock (_lock)
        {
            if (_state == State.Disconnected)
            {
                return;
            }
            wasConnected = _state == State.Connected;
            _state = State.Disconnected;
            _reason = reason;
            (_held, _heldBytes) = (null, 0);
            disconnected = _disconnected;
        }
        _client.Remove(this, isExpected: last is not null);
        if (last is not null)
        {
            _client.Session.Send(last);
        }
        FailAcks(reason);
        _events.End();
        disconnected?.CancelLater(Namespace.Server.Logger, SocketIOLog.DisconnectedFailed);
        TellData();
        Namespace.Forget(this, mayComeBack: (wasConnected || Recovered) && Keeps(reason));
        if (wasConnected)
        {
            Namespace.EndUse();
            Namespace.Core.Server.Metrics.SocketEnded(Namespace.Core.MetricName, Kind, reason);
            // A client whose session has moved is connected elsewhere: it is not away.
            var disconnect = new SocketIODisconnect(reason, description)
            {
                MayComeBack = HasSession && Keeps(reason) && description != nameof(DisconnectReason.SessionMoved),
            };
            Enqueue(() => TellDisconnectedAsync(disconnect));
        }
    }

    /// <summary>Whether a client that went for this reason may come back: not where one side meant it.</summary>
    private static bool Keeps(string reason) => reason is DisconnectReasons.TransportError or DisconnectReasons.TransportClose or DisconnectReasons.PingTimeout
        or DisconnectReasons.ForcedClose or DisconnectReasons.ServerShuttingDown;

    internal void OnPacket(ReceivedPacket packet)
    {
        switch (packet.Type)
        {
            case SocketIOPacketType.Event when (_limits ??= _client.Limits?.ForSocket(UserId))?.Take(packet.Event) is { } refusal:
                Refuse(packet, refusal);
                break;
            case SocketIOPacketType.Event:
                _events.Add(packet, packet.Arguments.Size + EventOverhead);
                break;
            case SocketIOPacketType.Ack:
                AckReceived(packet.Id.GetValueOrDefault(), packet.Arguments);
                break;
            default:
                End(DisconnectReasons.ClientNamespaceDisconnect, null);
                break;
        }
    }

    private void LeaveNamespace() => End(DisconnectReasons.ServerNamespaceDisconnect, null, _client.Format.Disconnect(Namespace.Name));
}
