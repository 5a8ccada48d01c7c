using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>How it comes and goes.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>What came for the client before it was told that it is in.</summary>
    private List<OutboundPacket>? _held;

    private string _reason = "";

    /// <summary>Lets the socket in: rooms that it joined on its way hold, the client is told, and then gets what waited. False if it has gone meanwhile.</summary>
    internal async Task<bool> EnterAsync()
    {
        await Namespace.Core.ConnectAsync(this).ConfigureAwait(false);
        await JoinEarlyRoomsAsync().ConfigureAwait(false);
        lock (_lock)
        {
            if (_state != State.Connecting)
            {
                Namespace.Forget(this);
                return false;
            }
            _client.Session.Enqueue(SocketIOEncoder.Connect(Namespace.Name, Id));
            foreach (var packet in _held ?? [])
            {
                _client.Session.Enqueue(packet);
            }
            _held = null;
            Namespace.Remember(this);
            _state = State.Connected;
            // Before the lock is left, and so before any of the client's events.
            Namespace.TellConnected(this);
        }
        _client.Session.Flush();
        return true;
    }

    /// <summary>Ends it: the one place that does. Nothing happens the second time.</summary>
    internal void End(string reason, string? description)
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
            _held = null;
            disconnected = _disconnected;
        }
        _client.Remove(this);
        FailAcks(reason);
        _events.Clear();
        if (disconnected is not null)
        {
            // Not here: what is registered with it is the application's.
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), disconnected, preferLocal: false);
        }
        Namespace.Forget(this);
        if (wasConnected)
        {
            Enqueue(() => TellDisconnectedAsync(new SocketIODisconnect(reason, description)));
        }
    }

    internal void OnPacket(SocketIOPacket packet)
    {
        switch (packet.Type)
        {
            case SocketIOPacketType.Event:
                _events.Add(packet, packet.Arguments.Size);
                break;
            case SocketIOPacketType.Ack:
                AckReceived(packet.Id.GetValueOrDefault(), packet.Arguments);
                break;
            default:
                End(DisconnectReasons.ClientNamespaceDisconnect, null);
                break;
        }
    }

    private void LeaveNamespace()
    {
        lock (_lock)
        {
            if (_state == State.Disconnected)
            {
                return;
            }
        }
        // Before the end, after which nothing goes out; and the client's packets that are on their way are not held against it.
        _client.Expect(Namespace.Name);
        _client.Session.Send(SocketIOEncoder.Disconnect(Namespace.Name));
        End(DisconnectReasons.ServerNamespaceDisconnect, null);
    }
}
