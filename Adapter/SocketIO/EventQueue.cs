using System.Diagnostics.CodeAnalysis;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>Whose queue it is.</summary>
internal interface IEventQueueOwner
{
    /// <summary>Does one thing. Does not throw.</summary>
    ValueTask HandleAsync(object item);
}

/// <summary>
/// What a socket's handlers have to do, in order, on the thread pool: a handler that waits holds up its own socket at most, and nobody else. Events begin
/// one after the other, the next one when fewer than <paramref name="parallel"/> are under way; what is no event of the client (that the socket has come,
/// or goes) has the socket for itself. Bounded by its client being read no further.
/// </summary>
internal sealed class EventQueue(IEventQueueOwner owner, int limit, long hardLimit = long.MaxValue, int parallel = 1) : IThreadPoolWorkItem
{
    public const long ByteLimit = 1 << 20;

    private readonly Lock _lock = new();
    private Queue<(object Item, int Bytes)>? _items;
    private TaskCompletionSource? _ready;
    private long _bytes;
    private int _underWay;
    private bool _running;
    private bool _isExclusive;

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
                return _running || _underWay > 0;
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
            if (_running || !MayBegin(item))
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
            return IsFullLocked
                ? new ValueTask((_ready ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task)
                : ValueTask.CompletedTask;
        }
    }

    void IThreadPoolWorkItem.Execute() => Run();

    private bool MayBegin(object item) => _underWay == 0 || (!_isExclusive && _underWay < parallel && item is SocketIOPacket);

    /// <summary>Begins what may begin. Only who has set <see cref="_running"/> is here.</summary>
    private void Run()
    {
        while (TryBegin(out var item))
        {
            var handling = owner.HandleAsync(item);
            if (handling.IsCompletedSuccessfully)
            {
                End();
            }
            else
            {
                _ = EndAsync(handling);
            }
        }
    }

    private bool TryBegin([NotNullWhen(true)] out object? item)
    {
        TaskCompletionSource? ready = null;
        lock (_lock)
        {
            if (_items is null || !_items.TryPeek(out var next) || !MayBegin(next.Item))
            {
                if (_items is { Count: 0 })
                {
                    _items = null;
                }
                _running = false;
                item = null;
                return false;
            }
            _items.Dequeue();
            _underWay++;
            item = next.Item;
            _isExclusive = item is not SocketIOPacket;
            _bytes -= next.Bytes;
            if (_ready is not null && !IsFullLocked)
            {
                (ready, _ready) = (_ready, null);
            }
        }
        ready?.TrySetResult();
        return true;
    }

    private void End()
    {
        lock (_lock)
        {
            _underWay--;
        }
    }

    private async Task EndAsync(ValueTask handling)
    {
        await handling.ConfigureAwait(false);
        lock (_lock)
        {
            _underWay--;
            if (_running)
            {
                return;
            }
            _running = true;
        }
        Run();
    }
}
