using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO;

/// <content>A session that its client comes back to, where <see cref="SocketIOOptions.ConnectionStateRecovery"/> is set.</content>
public sealed partial class SocketIOSocket
{
    /// <summary>What the client is told when it is in; not kept any longer.</summary>
    private string? _secret;

    private List<Operation>? _earlyEmits;

    /// <summary>
    /// Whether the client came back to its session: it has the id, rooms and <see cref="Data"/> it had, and gets what it missed. Values of
    /// <see cref="Data"/> are then <see cref="JsonElement"/>s.
    /// </summary>
    public bool Recovered { get; private set; }

    /// <summary>Whether its client may come back, and so gets the place of every event in the order.</summary>
    internal bool HasSession { get; private set; }

    /// <summary>A new client gets a session.</summary>
    internal void GiveSession()
    {
        (_secret, HasSession) = (SessionSecret.New(), true);
        Session = new SocketSession(SecretHash.Of(_secret));
    }

    /// <summary>The client asks for the session that it has this secret of.</summary>
    internal SocketIOSocket WithSecret(string secret)
    {
        (_secret, HasSession) = (secret, true);
        return this;
    }

    /// <summary>The client came back: it has what it had.</summary>
    internal void Restore(ReadOnlyMemory<byte> data)
    {
        Recovered = true;
        foreach (var (name, value) in SocketSession.Read(data, Namespace.Server.JsonOptions))
        {
            Data[name] = value;
        }
    }

    /// <summary>The session is here: the client is told, and then gets what it missed and what came meanwhile. False if it has gone.</summary>
    internal async Task<bool> ReenterAsync(ClaimOutcome outcome)
    {
        await JoinEarlyRoomsAsync().ConfigureAwait(false);
        return Enter([.. outcome.Missed.Select(entry => Missed(entry, outcome.Epoch))]);
    }

    /// <summary>How much a client that comes back is given at once.</summary>
    internal static long SizeOf(ClaimOutcome outcome) => outcome.Missed.Sum(entry => (long)entry.Operation.Body.Length);

    /// <summary>Tells the home what the application keeps with the socket, if that has changed.</summary>
    internal void TellData()
    {
        if (!HasSession || Session is not { } session)
        {
            return;
        }
        lock (session)
        {
            try
            {
                if (session.HasChanged(_data, Namespace.Server.JsonOptions))
                {
                    Namespace.Core.TellData(this, session.Data);
                }
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException)
            {
                SocketIOLog.DataNotKept(Namespace.Server.Logger, Namespace.Name, exception);
            }
        }
    }

    /// <summary>Sends an event to this client through the namespace's order, so that it gets it also if it was away.</summary>
    private void EmitInOrder(string @event, ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments, bool isVolatile, bool compress)
    {
        var flags = (isVolatile ? BroadcastFlags.Volatile : BroadcastFlags.None) | (compress ? BroadcastFlags.None : BroadcastFlags.Uncompressed);
        var operation = Operation.Emit(new BroadcastTarget([], [Id], flags: flags), PacketCodec.Encode(@event, json.Span, attachments, []));
        lock (_lock)
        {
            if (_state == State.Disconnected)
            {
                return;
            }
            if (!_isIn)
            {
                (_earlyEmits ??= []).Add(operation);
                return;
            }
        }
        Publish(operation);
    }

    /// <summary>The home knows it: what was emitted in middlewares goes out.</summary>
    private void PublishEarlyEmits()
    {
        lock (_lock)
        {
            // Not behind what is emitted from now on.
            _earlyEmits?.ForEach(Publish);
            (_earlyEmits, _isIn) = (null, true);
        }
    }

    private void Publish(Operation operation) => _ = PublishAsync(operation);

    private async Task PublishAsync(Operation operation)
    {
        try
        {
            await Namespace.Core.PublishAsync(operation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationException or PublishQueueFullException)
        {
            SocketIOLog.EmitLost(Namespace.Server.Logger, Namespace.Name, Id, exception);
        }
    }

    private (
        string Event, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments, OutboundPacket Frames) Missed(Entry entry, long epoch)
    {
        var packet = PacketCodec.Decode(entry.Operation.Body, entry.Operation.Target!.Flags);
        packet.Offset = OffsetText.Write(new OrderOffset(epoch, entry.Number));
        return (packet.Event, packet.Arguments, packet.Attachments, FramesOf(packet));
    }

    private OutboundPacket FramesOf(Packet packet) => HasSession && packet.Offset is not null
        ? packet.Derive(
            _client.Format.OffsetKey,
            this,
            static (packet, socket) => socket._client.Format.Event(
                socket.Namespace.Name,
                packet.Event,
                OffsetText.AppendTo(packet.Arguments.Span, packet.Offset!),
                packet.Attachments,
                compress: packet.MayCompress))
        : packet.Derive(
            _client.Format.EventKey,
            this,
            static (packet, socket) => socket._client.Format.Event(
                socket.Namespace.Name, packet.Event, packet.Arguments, packet.Attachments, compress: packet.MayCompress));
}
