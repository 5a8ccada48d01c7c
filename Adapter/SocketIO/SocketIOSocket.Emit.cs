using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <content>What goes out to the client.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>May be dropped while the client has not taken what was sent before.</summary>
    public SocketIOEmitter Volatile => new(this, isVolatile: true, compress: true, null, default);

    /// <summary>Whether what is emitted may be compressed, where the transport compresses. It may, unless this says otherwise.</summary>
    public SocketIOEmitter Compress(bool compress) => new(this, isVolatile: false, compress, null, default);

    /// <summary>How long the client may take to acknowledge, and what else ends the wait.</summary>
    public SocketIOEmitter Timeout(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        new(this, isVolatile: false, compress: true, timeout, cancellationToken);

    /// <summary>
    /// Sends an event to this client at once, outside the namespace's order; where it may come back
    /// (<see cref="SocketIOOptions.ConnectionStateRecovery"/>), in the order. Nothing happens once it is disconnected.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    /// <exception cref="System.Text.Json.JsonException">An argument cannot be serialised; nothing was sent.</exception>
    public void Emit(string @event, params ReadOnlySpan<object?> arguments) => Emit(@event, arguments, null, isVolatile: false, compress: true);

    /// <summary>
    /// The same as <see cref="Emit(string, ReadOnlySpan{object?})"/>; ends when no more than <see cref="OrleansAdapterOptions.ClientQueueLimit"/> waits for
    /// the client, or when it has gone. Who sends much awaits it, and goes as fast as the client reads.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty or reserved.</exception>
    /// <exception cref="System.Text.Json.JsonException">An argument cannot be serialised; nothing was sent.</exception>
    public Task EmitAsync(string @event, params ReadOnlySpan<object?> arguments)
    {
        Emit(@event, arguments);
        return _client.Session.WhenRoomAsync();
    }

    /// <summary>The same as <see cref="Emit(string, ReadOnlySpan{object?})"/> with the event <c>message</c>.</summary>
    public void Send(params ReadOnlySpan<object?> arguments) => Emit("message", arguments);

    /// <summary>
    /// Sends an event to this client and waits for its acknowledgement: the first argument of it. Waits as long as the socket is connected;
    /// <see cref="Timeout"/> bounds that.
    /// </summary>
    /// <exception cref="SocketDisconnectedException">The client disconnected first.</exception>
    /// <exception cref="System.Text.Json.JsonException">The answer is no <typeparamref name="T"/>.</exception>
    public Task<T?> EmitWithAckAsync<T>(string @event, params ReadOnlySpan<object?> arguments) =>
        Timeout(System.Threading.Timeout.InfiniteTimeSpan).EmitWithAckAsync<T>(@event, arguments);

    /// <summary>
    /// Sends an event to this client and waits for its acknowledgement: all arguments of it. Waits as long as the socket is connected;
    /// <see cref="Timeout"/> bounds that.
    /// </summary>
    /// <exception cref="SocketDisconnectedException">The client disconnected first.</exception>
    public Task<SocketIOArguments> EmitWithAckAsync(string @event, params ReadOnlySpan<object?> arguments) =>
        Timeout(System.Threading.Timeout.InfiniteTimeSpan).EmitWithAckAsync(@event, arguments);

    internal void Emit(string @event, ReadOnlySpan<object?> arguments, long? id, bool isVolatile, bool compress)
    {
        ReservedEvents.Check(@event);
        var json = BinaryArguments.Write(arguments, Namespace.Server.JsonOptions, out var attachments);
        if (id is null && HasSession)
        {
            EmitInOrder(@event, json, attachments, isVolatile, compress);
            return;
        }
        TellOutgoing(@event, json, attachments);
        Send(_client.Format.Event(Namespace.Name, @event, json, attachments, id, compress), isVolatile);
    }

    internal void SendAck(long id, ReadOnlySpan<object?> arguments)
    {
        TellData(); // what the client is told of may be asked for over its next connection
        var json = BinaryArguments.Write(arguments, Namespace.Server.JsonOptions, out var attachments);
        Send(_client.Format.Ack(Namespace.Name, id, json, attachments), isVolatile: false);
    }

    /// <inheritdoc/>
    internal override void Deliver(Packet packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        TellOutgoing(packet.Event, packet.Arguments, packet.Attachments);
        var frames = FramesOf(packet);
        if (Connected)
        {
            _client.Session.Enqueue(frames, packet.IsVolatile);
        }
        else
        {
            Hold(frames);
        }
    }

    /// <inheritdoc/>
    internal override void DeliverWithAck(Packet packet, ClientAck ack)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(ack);
        if (AddAck(new PendingAck(ack)) is not { } id)
        {
            ack.Fail("The client owes too many acknowledgements, or has gone.");
            return;
        }
        ack.Forget = () => RemoveAck(id);
        TellOutgoing(packet.Event, packet.Arguments, packet.Attachments);
        var frames = _client.Format.Event(Namespace.Name, packet.Event, packet.Arguments, packet.Attachments, id, packet.MayCompress);
        if (Connected)
        {
            _client.Session.Enqueue(frames, packet.IsVolatile);
        }
        else
        {
            Hold(frames);
        }
    }

    /// <inheritdoc/>
    internal override void EndTurn() => _client.Session.Flush();

    private void Send(OutboundPacket packet, bool isVolatile)
    {
        if (Connected)
        {
            _client.Session.Send(packet, isVolatile);
        }
        else
        {
            Hold(packet);
        }
    }

    /// <summary>Keeps what comes before the client has been told that it is in.</summary>
    private void Hold(OutboundPacket packet)
    {
        var tooMuch = false;
        lock (_lock)
        {
            switch (_state)
            {
                case State.Connecting:
                    (_held ??= []).Add(packet);
                    _heldBytes += packet.Size;
                    tooMuch = _heldBytes > Namespace.Server.QueueLimit;
                    break;
                case State.Connected:
                    _client.Session.Send(packet);
                    break;
                default:
                    break;
            }
        }
        if (tooMuch)
        {
            Close(DisconnectReason.SlowClient);
        }
    }
}
