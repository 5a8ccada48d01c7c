using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SignalR;

/// <summary>
/// A SignalR connection as a socket of its hub's namespace: a bounded queue of frames, and one writer in front of
/// <see cref="HubConnectionContext.WriteAsync(HubMessage, CancellationToken)"/>.
/// </summary>
/// <remarks>
/// What has piled up in a turn goes out in one write. While a write waits for the client, frames pile up in the queue and nobody else waits. The framework's
/// own messages (results of hub methods, streams, the close message) take what is queued with them (<see cref="QueueFirstProtocol"/>): nothing
/// overtakes a frame. A connection with stateful reconnect gets its frames one by one, since it counts and keeps them.
/// </remarks>
internal sealed partial class HubSocket : LocalSocket, IDrainedClient
{
    /// <summary>Written at once, where more is queued, so that the transport's buffer does not take over what the queue is to bound.</summary>
    private const int WriteSize = 64 << 10;

    /// <summary>The reason where the client went, or its connection broke.</summary>
    public const string ClientGone = "ClientGone";

    private readonly Lock _gate = new();
    private readonly HubConnectionContext _connection;
    private readonly HubFrames _frames;
    private readonly IHubSocketOwner _owner;
    private readonly FrameQueue _queue;
    private readonly bool _oneByOne;
    private readonly HubHandshake _handshake;
    private readonly SlowClientLimits _slowLimits;
    private readonly TimeProvider _time;
    private List<string>? _invocations;
    private ConcurrentDictionary<string, object?>? _data;
    private State _state;
    private string _endReason = ClientGone;
    private bool _writing = true; // until it is ready
    private int _unanswered;
    private volatile bool _reached;

    public HubSocket(SocketId id, HubConnectionContext connection, HubFrames frames, IHubSocketOwner owner, SlowClientLimits slow, TimeProvider time)
        : base(id)
    {
        ConnectionId = id.ToString();
        _connection = connection;
        _frames = frames;
        _owner = owner;
        (_slowLimits, _time) = (slow, time);
        _queue = new FrameQueue(slow.Soft, slow.Hard);
        _handshake = new HubHandshake(connection.GetHttpContext(), time.GetUtcNow());
        _oneByOne = StatefulReconnect.IsOn(connection);
        Protocol = connection.Protocol;
        Kind = ClientKind.SignalR((connection.Features.Get<IHttpTransportFeature>()?.TransportType ?? HttpTransportType.None).ToString());
    }

    private enum State
    {
        /// <summary>Frames are taken.</summary>
        Open,

        /// <summary>This server ends the connection: what is queued still goes out, before the close message.</summary>
        Closing,

        /// <summary>Nothing goes out any more.</summary>
        Gone,
    }

    /// <summary>The id as text.</summary>
    public string ConnectionId { get; }

    /// <summary>The protocol that the client speaks.</summary>
    public IHubProtocol Protocol { get; }

    /// <summary>The frames of the client's protocol.</summary>
    public HubFrames Frames => _frames;

    /// <summary>Whatever the application keeps with the connection; other servers see it.</summary>
    public IDictionary<string, object?> Data => _data ?? Interlocked.CompareExchange(ref _data, new(1, 4, StringComparer.Ordinal), null) ?? _data;

    /// <summary>
    /// Whatever the framework writes from now on takes the queue with it, and what has piled up goes out. Until then nothing does: a client that comes back
    /// may be sent to before its connection is ready.
    /// </summary>
    public void Begin()
    {
        if (!_oneByOne)
        {
            _connection.Protocol = new QueueFirstProtocol(_connection.Protocol, this);
        }
        if (Session is not null)
        {
            _connection.Protocol = new GoodbyeProtocol(_connection.Protocol, this);
        }
        lock (_gate)
        {
            _writing = false;
        }
        EndTurn();
    }

    /// <summary>Whether it was let in.</summary>
    public bool IsIn { get; set; }

    /// <summary>Why it ended: this server's reason, or that the client went.</summary>
    internal override string EndReason => _endReason;

    /// <summary>Somebody who watches its hub's connections; null mostly.</summary>
    public ISocketWatcher? Watcher => _owner.Watcher;

    /// <summary>How the client is told that this server ends the connection; null while it does not.</summary>
    public CloseMessage? CloseMessage { get; private set; }

    /// <summary>How many bytes wait.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return _queue.Bytes;
            }
        }
    }

    /// <inheritdoc/>
    public bool IsHere => _state == State.Open;

    /// <inheritdoc/>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _unanswered > 0 || _invocations is { Count: > 0 };
            }
        }
    }

    ClientKind? IDrainedClient.Kind => Kind;

    /// <summary>What the client speaks, and over what.</summary>
    internal override ClientKind Kind { get; }

    /// <inheritdoc/>
    public void Move() => Close(DisconnectReason.ServerShuttingDown);

    /// <inheritdoc/>
    public void Cut() => Move();

    /// <summary>The client called a method of the hub, and waits for its end.</summary>
    public void Asked() => Interlocked.Increment(ref _unanswered);

    /// <summary>What the client waited for is on its way to it.</summary>
    public void Answered() => Interlocked.Decrement(ref _unanswered);

    /// <summary>Queues a frame. It goes out with <see cref="EndTurn"/>.</summary>
    public void Send(HubFrame frame)
    {
        if (frame.Bytes.IsEmpty)
        {
            return;
        }
        int dropped;
        bool taken;
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }
            taken = _queue.TryAdd(frame, out dropped);
            WatchIfSlow();
        }
        if (dropped > 0)
        {
            _owner.Dropped(dropped);
        }
        if (!taken)
        {
            Close(DisconnectReason.SlowClient);
        }
    }

    /// <summary>Remembers an invocation that the client is to answer; false if the connection is over.</summary>
    public bool Hold(string invocationId)
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return false;
            }
            (_invocations ??= []).Add(invocationId);
            return true;
        }
    }

    /// <summary>The client need not answer an invocation any more.</summary>
    public void EndHolding(string invocationId)
    {
        lock (_gate)
        {
            _invocations?.Remove(invocationId);
        }
    }

    /// <summary>The connection is over: what its client has not answered.</summary>
    public IReadOnlyList<string> EndHolding()
    {
        lock (_gate)
        {
            IReadOnlyList<string> unanswered = _invocations ?? [];
            _invocations = null;
            return unanswered;
        }
    }

    /// <summary>The connection is over: nothing is kept for it.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _state = State.Gone;
            _queue.Clear();
            EndWatch();
        }
    }

    /// <inheritdoc/>
    internal override void GivenUp() => Release(); // its watch on a slow client must not close the connection, which has another socket

    /// <summary>Writes what is queued, up to a size. Called under the connection's write lock, so never twice at once.</summary>
    public void WriteQueued(IBufferWriter<byte> output, long size)
    {
        for (long written = 0; written < size && Take() is { } frame; written += frame.Bytes.Length)
        {
            output.Write(frame.Bytes.Span);
        }
    }

    /// <summary>Writes what is queued, up to one write's size: our own write has reached the connection.</summary>
    public void WriteQueued(IBufferWriter<byte> output)
    {
        _reached = true;
        WriteQueued(output, WriteSize);
    }

    /// <inheritdoc/>
    internal override void Deliver(Packet packet)
    {
        _owner.Watcher?.Sent(this, packet.Event, packet.Arguments);
        Send(packet.Derive(_frames, _frames, static (packet, frames) => frames.Encode(packet)));
    }

    /// <inheritdoc/>
    internal override void DeliverWithAck(Packet packet, ClientAck ack)
    {
        _owner.Watcher?.Sent(this, packet.Event, packet.Arguments);
        _owner.Ask(this, packet, ack);
    }

    /// <inheritdoc/>
    internal override void WriteData(Utf8JsonWriter writer, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, _data, options);

    /// <inheritdoc/>
    internal override void WriteHandshake(Utf8JsonWriter writer, bool secrets) => _handshake.WriteTo(writer, secrets);

    /// <inheritdoc/>
    internal override void EndTurn()
    {
        lock (_gate)
        {
            if (_writing || _queue.IsEmpty)
            {
                return;
            }
            _writing = true;
        }
        ValueTask write;
        do
        {
            write = WriteNext();
            if (!write.IsCompletedSuccessfully)
            {
                _ = WriteOnAsync(write);
                return;
            }
            write.GetAwaiter().GetResult();
        }
        while (HasMore());
    }

    /// <inheritdoc/>
    internal override void Close(DisconnectReason reason)
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }
            _state = State.Closing;
            CloseMessage = HubCloseMessages.For(reason);
            _endReason = reason.ToString();
            if (reason == DisconnectReason.SlowClient)
            {
                _queue.Clear();
            }
        }
        _owner.Closed(this, reason);
        if (_oneByOne)
        {
            _ = CloseOneByOneAsync();
        }
        else
        {
            _connection.Abort(); // the framework's close message takes the queue with it, and is replaced by ours
        }
    }

    private HubFrame? Take()
    {
        lock (_gate)
        {
            if (!_queue.TryTake(out var frame))
            {
                return null;
            }
            _slow?.Taken(frame.Bytes.Length);
            if (!_queue.IsAbove)
            {
                EndWatch();
            }
            return frame;
        }
    }

    private ValueTask WriteNext()
    {
        if (!_oneByOne)
        {
            _reached = false;
            return _connection.WriteAsync(QueueFirstProtocol.Flush);
        }
        _reached = true;
        return Take() is { } frame ? _connection.WriteAsync(frame.Message) : default;
    }

    /// <summary>The client is slow: the rest is written as it reads, outside the turn.</summary>
    private async Task WriteOnAsync(ValueTask write)
    {
        await write.ConfigureAwait(false);
        while (HasMore())
        {
            await WriteNext().ConfigureAwait(false);
        }
    }

    /// <summary>Whether there is more to write. A write that did not reach the connection means that the connection is over.</summary>
    private bool HasMore()
    {
        lock (_gate)
        {
            if (!_queue.IsEmpty && _reached)
            {
                return true;
            }
            _writing = false;
            if (!_queue.IsEmpty && _state == State.Open)
            {
                _state = State.Gone;
                _queue.Clear();
            }
            return false;
        }
    }

    /// <summary>Where the framework's close message cannot be replaced, ours goes before it.</summary>
    private async Task CloseOneByOneAsync()
    {
        var message = CloseMessage!;
        EndTurn();
        StatefulReconnect.Disable(_connection);
        if (message.AllowReconnect && _connection.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
        {
            lifetime.RequestClose(); // the framework sends a close message that allows to reconnect; two would make the client give up
            return;
        }
        await _connection.WriteAsync(message).ConfigureAwait(false);
        _connection.Abort();
    }
}
