using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>Whose queue it is.</summary>
internal interface IEventQueueOwner
{
    /// <summary>Tells the time to the queue.</summary>
    TimeProvider Time { get; }

    /// <summary>Does one thing. Does not throw.</summary>
    ValueTask HandleAsync(object item);

    /// <summary>Something that a handler left to its synchronisation context has thrown.</summary>
    void Failed(Exception exception);

    /// <summary>Something has waited in the queue for a while.</summary>
    void HeldUp(HeldUp what, TimeSpan waited, int waiting);
}

/// <summary>
/// What a socket's handlers have to do, in order, on the thread pool: it holds up its own socket at most, and nobody else. How far handlers run beside each
/// other says the <see cref="HandlerScheduling"/>; what is no event of the client (that the socket has come, or goes) has the socket for itself. Bounded by
/// its client being read no further: an event counts until its handlers are over.
/// </summary>
internal sealed partial class EventQueue(
    IEventQueueOwner owner, int limit, long byteLimit, long hardLimit, HandlerScheduling scheduling) : SynchronizationContext, IThreadPoolWorkItem
{
    /// <summary>How much is done in one go; then others get the thread first.</summary>
    private const int PiecesPerTurn = 256;

    private readonly Lock _lock = new();
    private Queue<(object Item, int Bytes)>? _items;
    private TaskCompletionSource? _ready;
    private long _bytes;
    private int _underWay;
    private bool _running;
    private bool _isExclusive;
    private bool _hasEnded;

    /// <summary>Whether so much waits or is under way that no more should be read from the client.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return IsFullLocked;
            }
        }
    }

    /// <summary>Whether a handler runs or awaits something, or something waits for one.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_lock)
            {
                return _running || _underWay > 0;
            }
        }
    }

    /// <summary>Whether there is more than may be, although the client is read no further: it came at once, or the client had to be read.</summary>
    public bool IsOverfull
    {
        get
        {
            lock (_lock)
            {
                return _bytes > hardLimit;
            }
        }
    }

    private int Count => (_items?.Count ?? 0) + _underWay;

    private bool IsFullLocked => !_hasEnded && (Count > limit || _bytes > byteLimit);

    public void Add(object item, int bytes)
    {
        lock (_lock)
        {
            (_items ??= new Queue<(object, int)>(1)).Enqueue((item, bytes));
            _bytes += bytes;
            if (_running || !MayBegin(item))
            {
                WatchLocked();
                return;
            }
            _running = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// Forgets what the client sent: the socket has gone. What the server itself has to tell, that it had come, is still told, and handlers that await
    /// something go on when they have it.
    /// </summary>
    public void End()
    {
        TaskCompletionSource? ready;
        lock (_lock)
        {
            _hasEnded = true;
            for (var left = _items?.Count ?? 0; left > 0; left--)
            {
                var (item, bytes) = _items!.Dequeue();
                if (item is ReceivedPacket)
                {
                    _bytes -= bytes;
                }
                else
                {
                    _items.Enqueue((item, bytes));
                }
            }
            (ready, _ready) = (_ready, null);
        }
        ready?.TrySetResult();
    }

    /// <summary>Lets the client be read on, full or not.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _ready?.TrySetResult();
            _ready = null;
        }
    }

    /// <summary>Completes when it is not full.</summary>
    public ValueTask WhenReadyAsync()
    {
        lock (_lock)
        {
            if (!IsFullLocked)
            {
                return ValueTask.CompletedTask;
            }
            _ready ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            WatchLocked();
            return new ValueTask(_ready.Task);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (scheduling != HandlerScheduling.Interleaved)
        {
            Run();
            return;
        }
        try
        {
            Run();
        }
        finally
        {
            SetSynchronizationContext(null);
        }
    }

    private bool MayBegin(object item) => scheduling switch
    {
        HandlerScheduling.Interleaved => !_isExclusive,
        HandlerScheduling.Parallel when item is ReceivedPacket => !_isExclusive,
        _ => _underWay == 0,
    };

    /// <summary>Does what may be done. Only who has set <see cref="_running"/> is here.</summary>
    private void Run()
    {
        var clean = ExecutionContext.Capture();
        for (var left = PiecesPerTurn; TryTake(left, out var item, out var bytes, out var posted); left--)
        {
            if (left == 0)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
            if (item is null)
            {
                RunPosted(posted, clean);
                continue;
            }
            if (scheduling == HandlerScheduling.Interleaved)
            {
                SetSynchronizationContext(this);
            }
            var handling = owner.HandleAsync(item);
            if (handling.IsCompletedSuccessfully)
            {
                Over(item, bytes);
            }
            else
            {
                _ = OverAsync(handling, item, bytes);
            }
        }
    }

    /// <summary>
    /// Takes the next piece of work: an item that may begin, or (where that is null) what was posted. Nothing is taken where none is left to do; false where
    /// there is none.
    /// </summary>
    private bool TryTake(int left, out object? item, out int bytes, out (SendOrPostCallback Callback, object? State) posted)
    {
        (item, bytes, posted) = (null, 0, default);
        lock (_lock)
        {
            var mayBegin = _items is not null && _items.TryPeek(out var next) && MayBegin(next.Item);
            var isPosted = _posted is { Count: > 0 };
            if (!mayBegin && !isPosted)
            {
                _items = _items is { Count: 0 } ? null : _items;
                _posted = null;
                _running = false;
                return false;
            }
            if (left == 0)
            {
                return true;
            }
            _piece++;
            // One after the other: neither who always has something to go on with, nor who sends much, keeps the other from running.
            if (isPosted && (!mayBegin || left % 2 == 0))
            {
                posted = _posted!.Dequeue();
                return true;
            }
            (item, bytes) = _items!.Dequeue();
            _underWay++;
            _begun++;
            _isExclusive |= item is not ReceivedPacket;
            return true;
        }
    }

    private void Over(object item, int bytes)
    {
        TaskCompletionSource? ready = null;
        lock (_lock)
        {
            _underWay--;
            _bytes -= bytes;
            _isExclusive &= item is ReceivedPacket;
            if (_ready is not null && !IsFullLocked)
            {
                (ready, _ready) = (_ready, null);
            }
        }
        ready?.TrySetResult();
    }

    private async Task OverAsync(ValueTask handling, object item, int bytes)
    {
        // Where handlers take turns, this is a turn of theirs.
        await handling.ConfigureAwait(true);
        Over(item, bytes);
        lock (_lock)
        {
            if (_running || _items is not { Count: > 0 })
            {
                return;
            }
            _running = true;
        }
        Run();
    }
}
