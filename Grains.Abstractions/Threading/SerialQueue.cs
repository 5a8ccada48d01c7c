using System.Collections.Concurrent;

namespace OrleansAdapter.Threading;

/// <summary>
/// Runs items one at a time and in order on the thread pool, as an actor does. What has piled up is handled in one <i>turn</i>; <see cref="EndTurn"/> is
/// called once at its end, for what is cheaper done for many items at once.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
internal abstract class SerialQueue<T> : IThreadPoolWorkItem
{
    /// <summary>The most items in one turn, so that what <see cref="EndTurn"/> sends does not wait for ever.</summary>
    private const int ItemsPerTurn = 1024;

    private readonly ConcurrentQueue<T> _items = new();
    private int _scheduled;

    /// <summary>Adds an item. Never blocks, and never runs it before it returns.</summary>
    public void Enqueue(T item)
    {
        _items.Enqueue(item);
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            WorkBatch.Schedule(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        using var batch = WorkBatch.Begin();
        Turn();
    }

    private void Turn()
    {
        for (var left = ItemsPerTurn; left > 0 && _items.TryDequeue(out var item); left--)
        {
            Guarded(item);
        }
        Guarded();
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (!_items.IsEmpty && Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Handles one item. What it throws goes to <see cref="Failed"/>, and the queue goes on.</summary>
    protected abstract void Run(T item);

    /// <summary>Called behind each turn's last item.</summary>
    protected abstract void EndTurn();

    /// <summary>Called with what an item or <see cref="EndTurn"/> threw, which is a bug, to be logged.</summary>
    protected abstract void Failed(Exception exception);

    private void Guarded(T item)
    {
        try
        {
            Run(item);
        }
#pragma warning disable CA1031 // One item's failure must not stop the others; it is passed on whole.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(exception);
        }
    }

    private void Guarded()
    {
        try
        {
            EndTurn();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(exception);
        }
    }
}
