namespace OrleansAdapter.SocketIO;

/// <content>
/// The synchronisation context of a socket's handlers, where they are <see cref="HandlerScheduling.Interleaved"/>: what comes behind an <c>await</c> is posted
/// here, and runs when no other handler of the socket does.
/// </content>
internal sealed partial class EventQueue
{
    private Queue<(SendOrPostCallback Callback, object? State)>? _posted;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock)
        {
            (_posted ??= new Queue<(SendOrPostCallback, object?)>(1)).Enqueue((d, state));
            if (_running)
            {
                WatchLocked();
                return;
            }
            _running = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Runs it at once within a turn of this socket; from elsewhere it would have to block a thread.</summary>
    /// <exception cref="NotSupportedException">This is no turn of the socket.</exception>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!ReferenceEquals(Current, this))
        {
            throw new NotSupportedException("The handlers of a socket cannot be waited for by blocking a thread: use Post, or await.");
        }
        d(state);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    private void RunPosted((SendOrPostCallback Callback, object? State) posted, ExecutionContext? clean)
    {
        SetSynchronizationContext(this);
        try
        {
            posted.Callback(posted.State);
        }
#pragma warning disable CA1031 // A method without a task threw: nobody else sees it, and it kills nothing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            owner.Failed(exception);
        }
        if (clean is not null)
        {
            ExecutionContext.Restore(clean);
        }
    }
}
