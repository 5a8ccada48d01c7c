using System.Text;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// A client's connection to an Engine.IO server of the application's own (<c>MapEngineIO</c>): what <c>Socket</c> is in Node.js. What it listens with runs in
/// the order of what happens, one after the other, and is awaited; what it throws is logged. Safe under threads.
/// </summary>
public sealed class EngineIOConnection : IEngineHandler
{
    /// <summary>How many messages may wait for their listeners before the client is read no further; and how many bytes, at least.</summary>
    private const int MostWaiting = 128;

    private const long FewestBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly EngineSession _session;
    private readonly ILogger _logger;
    private readonly long _mostBytes;
    private readonly Queue<object> _waiting = [];
    private CancellationTokenSource? _closed;
    private long _waitingBytes;
    private Func<EngineIOMessage, Task>[] _messageListeners = [];
    private Func<EngineIOClose, Task>[] _closeListeners = [];

    /// <summary>What was sent before the client knew its session; null once it does.</summary>
    private List<OutboundPacket>? _early = [];

    /// <summary>Whether it is to close once the client knows its session, and has what was sent early.</summary>
    private bool _closesEarly;

    /// <summary>Whether listeners run, or may not yet.</summary>
    private bool _isRunning = true;

    private bool _hasEnded;

    private TaskCompletionSource? _ready;
    private ITimer? _heldUp;

    internal EngineIOConnection(EngineSession session, EngineServer server)
    {
        _session = session;
        _logger = server.Logger;
        _mostBytes = Math.Max(FewestBytes, 2L * server.Options.MaxHttpBufferSize);
    }

    /// <summary>The session's id. Whoever knows it can act for the client.</summary>
    public string Id => _session.Id;

    /// <summary>The transport that carries it now: <c>polling</c> or <c>websocket</c>.</summary>
    public string Transport => _session.TransportName;

    /// <summary>Whether it is open: what is sent to one that is not goes nowhere.</summary>
    public bool IsOpen => _session.IsOpen && !Volatile.Read(ref _closesEarly);

    /// <summary>Cancelled when it has ended.</summary>
    public CancellationToken Closed
    {
        get
        {
            lock (_lock)
            {
                return _hasEnded && _closed is null ? new CancellationToken(canceled: true) : (_closed ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>Runs for each message of the client, in order; the next one comes when the task has ended. Who lets many wait is read no further.</summary>
    public EngineIOConnection OnMessage(Func<EngineIOMessage, Task> listener) => Add(ref _messageListeners, listener);

    /// <inheritdoc cref="OnMessage(Func{EngineIOMessage, Task})"/>
    public EngineIOConnection OnMessage(Action<EngineIOMessage> listener) => OnMessage(listener.ToAsync());

    /// <summary>Runs when the connection has ended, behind all of its messages.</summary>
    public EngineIOConnection OnClose(Func<EngineIOClose, Task> listener) => Add(ref _closeListeners, listener);

    /// <inheritdoc cref="OnClose(Func{EngineIOClose, Task})"/>
    public EngineIOConnection OnClose(Action<EngineIOClose> listener) => OnClose(listener.ToAsync());

    /// <summary>Sends a text. One for which too much waits is closed (<see cref="OrleansAdapterOptions.ClientQueueHardLimit"/>).</summary>
    /// <param name="text">The text.</param>
    /// <param name="compress">Whether it may be compressed, where the transport compresses.</param>
    /// <exception cref="ArgumentException">It has the character U+001E in it, which separates messages in long-polling; nothing was sent.</exception>
    public void Send(string text, bool compress = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains((char)EnginePacket.Separator, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                "A text must not have the character U+001E in it, which separates messages in long-polling: send it as bytes.", nameof(text));
        }
        Send(OutboundPacket.Create(
            1 + Encoding.UTF8.GetByteCount(text),
            text,
            static (to, text) =>
            {
                to[0] = (byte)EnginePacketType.Message;
                Encoding.UTF8.GetBytes(text, to[1..]);
            },
            [],
            compress));
    }

    /// <summary>Sends bytes, which are copied. One for which too much waits is closed (<see cref="OrleansAdapterOptions.ClientQueueHardLimit"/>).</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="compress">Whether they may be compressed, where the transport compresses.</param>
    public void Send(ReadOnlyMemory<byte> bytes, bool compress = true) =>
        Send(OutboundPacket.Create(0, 0, static (_, _) => { }, [bytes.ToArray()], compress));

    /// <summary>
    /// Ends when no more than <see cref="OrleansAdapterOptions.ClientQueueLimit"/> waits for the client, or when it has gone. Who sends much awaits it, and
    /// goes as fast as the client reads.
    /// </summary>
    public Task WhenRoomAsync() => _session.WhenRoomAsync();

    /// <summary>Ends it behind all that was sent.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_early is not null)
            {
                _closesEarly = true;
                return;
            }
        }
        _session.Close();
    }

    /// <summary>Ends it at once; what waits is lost.</summary>
    public void Abort() => _session.Close(EngineCloseReason.ForcedClose, null);

    void IEngineHandler.Opened()
    {
        lock (_lock)
        {
            // Not behind what is sent from now on.
            _early!.ForEach(packet => _session.Enqueue(packet));
            _early = null;
        }
        _session.Flush();
        if (_closesEarly)
        {
            _session.Close();
        }
        Start();
    }

    /// <summary>The client was refused: whoever holds on to the connection finds it closed. No listeners run.</summary>
    internal void Refuse()
    {
        CancellationTokenSource? closed;
        lock (_lock)
        {
            (_early, _hasEnded) = (null, true);
            closed = _closed;
        }
        closed?.CancelLater(_logger, EngineLog.ListenerFailed);
    }

    void IEngineHandler.Message(bool isBinary, ReadOnlyMemory<byte> data) => Enqueue(new EngineIOMessage(isBinary, data.ToArray()), data.Length);

    void IEngineHandler.Closed(EngineCloseReason reason, string? description)
    {
        TaskCompletionSource? ready;
        CancellationTokenSource? closed;
        lock (_lock)
        {
            _hasEnded = true;
            closed = _closed;
            (ready, _ready) = (_ready, null);
            _heldUp?.Dispose();
        }
        ready?.TrySetResult(); // nothing more is read
        closed?.CancelLater(_logger, EngineLog.ListenerFailed);
        Enqueue(new EngineIOClose(reason.Name(), description), 0);
    }

    ValueTask IEngineHandler.WhenReadyAsync()
    {
        lock (_lock)
        {
            if (_hasEnded || (_waiting.Count < MostWaiting && _waitingBytes < _mostBytes))
            {
                return ValueTask.CompletedTask;
            }
            if (_ready is null)
            {
                _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _heldUp = Timers.Once(_session.Time, Patience, static state => ((EngineIOConnection)state!).TellHeldUp(), this);
            }
            return new ValueTask(_ready.Task);
        }
    }

    private void Send(OutboundPacket packet)
    {
        lock (_lock)
        {
            if (_early is not null)
            {
                if (!_closesEarly)
                {
                    _early.Add(packet);
                }
                return;
            }
        }
        _session.Send(packet);
    }

    private void Enqueue(object item, int bytes)
    {
        lock (_lock)
        {
            _waiting.Enqueue(item);
            _waitingBytes += bytes;
            if (_isRunning)
            {
                return;
            }
            _isRunning = true;
        }
        Start();
    }

    private void Start() => ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.RunAsync(), this, preferLocal: false);

    private async Task RunAsync()
    {
        while (true)
        {
            object? item;
            lock (_lock)
            {
                if (!_waiting.TryPeek(out item))
                {
                    _isRunning = false;
                    return;
                }
            }
            if (item is EngineIOMessage message)
            {
                await TellAsync(_messageListeners, message).ConfigureAwait(false);
            }
            else
            {
                await TellAsync(_closeListeners, (EngineIOClose)item).ConfigureAwait(false);
            }
            Done((item as EngineIOMessage?)?.Data.Length ?? 0);
        }
    }

    /// <summary>The first of those that wait is over.</summary>
    private void Done(int bytes)
    {
        TaskCompletionSource? ready = null;
        lock (_lock)
        {
            _waiting.Dequeue();
            _waitingBytes -= bytes;
            if (_ready is not null && _waiting.Count < MostWaiting && _waitingBytes < _mostBytes)
            {
                (ready, _ready) = (_ready, null);
                _heldUp?.Dispose();
            }
        }
        ready?.TrySetResult();
    }

    private async Task TellAsync<T>(Func<T, Task>[] listeners, T what)
    {
        foreach (var listener in listeners)
        {
            try
            {
                await listener(what).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (Closed.IsCancellationRequested)
            {
                // It was told that the client has gone.
            }
#pragma warning disable CA1031 // A listener that throws ends nothing.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                EngineLog.ListenerFailed(_logger, exception);
            }
        }
    }

    private void TellHeldUp()
    {
        int waiting;
        lock (_lock)
        {
            if (_ready is null)
            {
                return;
            }
            waiting = _waiting.Count;
        }
        EngineLog.NotRead(_logger, _session.Id[..8], Patience.TotalSeconds, waiting);
    }

    private EngineIOConnection Add<T>(ref T[] to, T listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (_lock)
        {
            to = [.. to, listener];
        }
        return this;
    }
}
