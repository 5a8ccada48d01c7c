using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>Whose queue it is.</summary>
internal interface IEventQueueOwner
{
    /// <summary>Does one thing. Does not throw.</summary>
    ValueTask HandleAsync(object item);
}

/// <summary>
/// What a socket's handlers have to do, one thing after the other, in order, on the thread pool: a handler that waits holds up its own socket and nobody
/// else. Bounded by its client being read no further.
/// </summary>
internal sealed class EventQueue(IEventQueueOwner owner, int limit, long hardLimit = long.MaxValue) : IThreadPoolWorkItem
{
    public const long ByteLimit = 1 << 20;

    private readonly Lock _lock = new();
    private Queue<(object Item, int Bytes)>? _items;
    private TaskCompletionSource? _ready;
    private long _bytes;
    private bool _running;

    /// <summary>Whether so much waits that no more should be read from the client.</summary>
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

    /// <summary>Whether a handler runs, or something waits for one.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    /// <summary>Whether more waits than may, although the client is read no further: it came at once, or the client had to be read.</summary>
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

    private bool IsFullLocked => _items is not null && (_items.Count > limit || _bytes > ByteLimit);

    public void Add(object item, int bytes)
    {
        lock (_lock)
        {
            (_items ??= new Queue<(object, int)>(1)).Enqueue((item, bytes));
            _bytes += bytes;
            if (_running)
            {
                return;
            }
            _running = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Forgets what the client sent: the socket has gone. What the server itself has to tell, that it had come, is still told.</summary>
    public void Clear()
    {
        TaskCompletionSource? ready;
        lock (_lock)
        {
            for (var left = _items?.Count ?? 0; left > 0; left--)
            {
                var item = _items!.Dequeue();
                if (item.Item1 is not SocketIOPacket)
                {
                    _items.Enqueue(item);
                }
            }
            _bytes = 0;
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
            return IsFullLocked ? new ValueTask((_ready ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task) : ValueTask.CompletedTask;
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        while (true)
        {
            object item;
            TaskCompletionSource? ready = null;
            lock (_lock)
            {
                if (!_items!.TryDequeue(out var next))
                {
                    _items = null;
                    _running = false;
                    return;
                }
                item = next.Item;
                _bytes -= next.Bytes;
                if (_ready is not null && !IsFullLocked)
                {
                    (ready, _ready) = (_ready, null);
                }
            }
            ready?.TrySetResult();
            await owner.HandleAsync(item).ConfigureAwait(false);
        }
    }
}
