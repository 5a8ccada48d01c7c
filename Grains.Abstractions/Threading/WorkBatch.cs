namespace OrleansAdapter.Threading;

/// <summary>
/// Work that follows from work. What is scheduled while this thread is in a batch waits until the batch's own work is done and then runs here, the last of it at
/// least: waking another thread costs more than most of what it would do. What else there is goes to the thread pool, so that nothing waits for what it does not need.
/// </summary>
/// <remarks>
/// Only work that never blocks may be in a batch, which user code is not: it could wait for what it has scheduled itself.
/// </remarks>
internal static class WorkBatch
{
    /// <summary>How much work one batch does by itself: what a reader was called for must not keep it from reading for ever.</summary>
    private const int MostHere = 16;

    [ThreadStatic]
    private static List<IThreadPoolWorkItem>? _waiting;

    [ThreadStatic]
    private static bool _isOpen;

    /// <summary>Has work run soon: behind the batch this thread is in, or on the thread pool.</summary>
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

    /// <summary>A batch until the end of the caller's block, which may hold no <c>await</c>; the one that this thread is in, if it is in one.</summary>
    public static Scope Begin() => new(TryBegin());

    /// <summary>Begins a batch; false, and nothing to end, where this thread is in one. No <c>await</c> may come before <see cref="End"/>.</summary>
    public static bool TryBegin()
    {
        if (_isOpen)
        {
            return false;
        }
        _isOpen = true;
        return true;
    }

    /// <summary>Ends it: runs what was scheduled meanwhile, and what follows from that.</summary>
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

    /// <summary>Ends the batch that it began, however its block ends.</summary>
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
