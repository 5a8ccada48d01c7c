using OrleansAdapter.Namespaces;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// One Engine.IO session: a client, whatever carries it at the moment. What happens to it is serialised: its state by the gate, which is held
/// for moments only, and what comes in by a second lock, so that messages are handled one at a time and in order, whatever threads they come on.
/// </summary>
internal sealed partial class EngineSession : IDrainedClient
{
    private enum State : byte
    {
        Open,

        /// <summary>What is queued still goes out; nothing more is taken from either side.</summary>
        Closing,
        Closed,
    }

    /// <summary>How long an orderly close may take, so that a client which does not poll again ends too.</summary>
    private static readonly TimeSpan ClosingTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The same where the server stops: a client that polls does so at once.</summary>
    private static readonly TimeSpan MovingTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly EngineServer _server;
    private readonly ITimer _timer;
    private IEngineHandler _handler = null!;

    /// <summary>How it ended before it had a handler that could be told.</summary>
    private Tuple<EngineCloseReason, string?>? _untold;

    private IEngineTransport _transport;
    private State _state;
    private EngineCloseReason _closing;

    /// <summary>Opens a session. Until <see cref="Open"/> it does nothing.</summary>
    /// <param name="id">Its id; whoever knows it can act for the client.</param>
    /// <param name="server">Where it belongs.</param>
    /// <param name="transport">Makes the transport that it begins on.</param>
    public EngineSession(string id, EngineServer server, Func<EngineSession, IEngineTransport> transport)
    {
        Id = id;
        _server = server;
        _transport = transport(this);
        _timer = Timers.Once(server.Time, Timeout.InfiniteTimeSpan, static state => ((EngineSession)state!).TimerFired(), this);
    }

    public string Id { get; }

    public TimeProvider Time => _server.Time;

    /// <summary>The name of what carries the session now.</summary>
    public string TransportName => Volatile.Read(ref _transport).Name;

    public bool IsOpen => _state == State.Open;

    /// <summary>Whether a packet would go out at once.</summary>
    public bool IsWritable
    {
        get
        {
            lock (_gate)
            {
                return _transport.IsWritable;
            }
        }
    }

    /// <summary>Begins: the client gets the handshake, the handler what comes. One that was closed meanwhile tells the handler so, and that is all.</summary>
    public void Open(IEngineHandler handler)
    {
        Tuple<EngineCloseReason, string?>? untold;
        lock (_gate)
        {
            _handler = handler;
            untold = _untold;
            if (_state != State.Closed)
            {
                Add(_server.OpenPacket(Id, TransportName));
                FlushLocked();
            }
            if (_state == State.Open)
            {
                SchedulePing();
            }
        }
        if (untold is { Item1: var reason, Item2: var description })
        {
            TellClosed(reason, description);
        }
    }

    /// <summary>Ends one that was never opened. Nobody is told but the client.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            (_transport as WebSocketTransport)?.Close(WebSocketFrame.CloseRefused);
            CloseLocked();
        }
    }

    bool IDrainedClient.IsHere => IsOpen;

    bool IDrainedClient.IsBusy => _handler is { IsBusy: true };

    long IDrainedClient.QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return _queuedBytes;
            }
        }
    }

    bool IDrainedClient.IsSlow => Volatile.Read(ref _slow) is not null;

    ClientKind? IDrainedClient.Kind => new ClientKind(_server.Protocol, TransportName);

    /// <summary>Closes in order: what is queued goes out first. The handler is told when that is done.</summary>
    public void Close() => Close(EngineCloseReason.ForcedClose, ClosingTimeout);

    /// <summary>Closes in order, and without a word that would keep the client from coming back: to another server, as this one stops.</summary>
    void IDrainedClient.Move()
    {
        _server.Moved();
        Close(EngineCloseReason.ServerShuttingDown, MovingTimeout);
    }

    void IDrainedClient.Cut() => Close(EngineCloseReason.ServerShuttingDown, null);

    private void Close(EngineCloseReason reason, TimeSpan limit)
    {
        var closed = false;
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return;
            }
            (_state, _closing) = (State.Closing, reason);
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
            FlushLocked();
            closed = TryFinishClosing();
        }
        if (closed)
        {
            TellClosed(reason, null);
        }
    }

    /// <summary>Closes at once; what is queued is lost.</summary>
    public void Close(EngineCloseReason reason, string? description)
    {
        lock (_gate)
        {
            if (!CloseLocked())
            {
                return;
            }
        }
        TellClosed(reason, description);
    }

    /// <summary>Does something under the gate.</summary>
    public void Run<TState>(TState state, Action<TState> action)
    {
        lock (_gate)
        {
            action(state);
        }
    }

    /// <summary>Ends the session's state and its transports. True for the one caller that has to tell.</summary>
    private bool CloseLocked()
    {
        if (_state == State.Closed)
        {
            return false;
        }
        _state = State.Closed;
        _timer.Dispose();
        EndProbe(closeCandidate: true);
        _queue = null;
        _queuedBytes = 0;
        EndWatch();
        _transport.Close();
        return true;
    }

    private void TellClosed(EngineCloseReason reason, string? description)
    {
        lock (_gate)
        {
            if (_handler is null)
            {
                // What makes the handler has closed it, or something else did while it ran. The server does not have it yet either.
                _untold = Tuple.Create(reason, description);
                return;
            }
        }
        _server.Remove(this, reason);
        _handler.Closed(reason, description);
    }

    /// <summary>In an orderly close: ends when all is out.</summary>
    private bool TryFinishClosing() => _state == State.Closing && _queue is not { Count: > 0 } && _transport.IsWritable && CloseLocked();

    private void TimerFired()
    {
        EngineCloseReason? ended = null;
        lock (_gate)
        {
            if (_state != State.Open || !TryPing())
            {
                ended = _state == State.Closing ? _closing : EngineCloseReason.PingTimeout;
                if (!CloseLocked())
                {
                    return;
                }
            }
        }
        if (ended is { } reason)
        {
            TellClosed(reason, null);
        }
        else
        {
            _handler.Heartbeat();
        }
    }
}
