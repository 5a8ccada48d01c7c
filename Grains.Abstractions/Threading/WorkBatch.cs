namespace OrleansAdapter.Threading;

/// <summary>
/// Keeps work on its thread that follows from other work, because waking another thread costs more than most of what it would do. What is scheduled while a
/// batch is open on a thread runs at the batch's end: the last piece on that thread, the others on the thread pool, so that nothing waits for what it does
/// not need.
/// </summary>
/// <remarks>
/// Only work that never blocks may be in a batch, which user code is not: it could wait for what it has scheduled itself.
/// </remarks>
internal static class WorkBatch
{
    /// <summary>How many pieces of work one batch runs at most: its thread has something else to go back to.</summary>
    private const int MostHere = 16;

    [ThreadStatic]
    private static List<IThreadPoolWorkItem>? _waiting;

    [ThreadStatic]
    private static bool _isOpen;

    /// <summary>Schedules work: at the end of this thread's batch, or on the thread pool where it is in none.</summary>
    public static void Schedule(IThreadPoolWorkItem work)
    {
        if (_isOpen)
        {
            (_waiting ??= []).Add(work);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
    }

    /// <summary>Opens a batch until the end of the caller's block, which must not contain <c>await</c>. Within another batch it does nothing.</summary>
    public static Scope Begin() => new(TryBegin());

    /// <summary>Opens a batch; false where this thread is in one. No <c>await</c> may come before <see cref="End"/>.</summary>
    public static bool TryBegin()
    {
        if (_isOpen)
        {
            return false;
        }
        _isOpen = true;
        return true;
    }

    /// <summary>Ends the batch: runs what was scheduled meanwhile, and what follows from that.</summary>
    public static void End()
    {
        try
        {
            if (_waiting is { } waiting)
            {
                for (var run = 0; run < MostHere && waiting.Count > 0; run++)
                {
                    var last = waiting[^1];
                    waiting.RemoveAt(waiting.Count - 1);
                    Pass(waiting);
                    last.Execute();
                }
                Pass(waiting);
            }
        }
        finally
        {
            _isOpen = false;
        }
    }

    /// <summary>Ends the batch that it opened, however its block ends.</summary>
    public readonly ref struct Scope(bool began)
    {
        /// <inheritdoc cref="End"/>
        public void Dispose()
        {
            if (began)
            {
                End();
            }
        }
    }

    private static void Pass(List<IThreadPoolWorkItem> waiting)
    {
        foreach (var work in waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
        waiting.Clear();
    }
}
