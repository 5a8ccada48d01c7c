namespace OrleansAdapter.SocketIO;

/// <summary>
/// How the handlers of one socket run beside each other. In each case they begin in the order in which the client's events came, and not before
/// <c>OnConnection</c> is over.
/// </summary>
public enum HandlerScheduling
{
    /// <summary>
    /// As in Node.js: one runs at a time, and while it awaits something the others go on, so a handler needs no locks for what only this socket's handlers
    /// touch. They have a <see cref="SynchronizationContext"/> of the socket for that. What comes behind <c>ConfigureAwait(false)</c> runs outside of it, on
    /// any thread. A handler has to <c>await</c>: one that waits for a task with <c>Wait()</c> or <c>Result</c> waits for itself, as soon as the task needs
    /// the context.
    /// </summary>
    Interleaved,

    /// <summary>
    /// One after the other, each awaited to its end, as SignalR does by default. A handler that waits for its own client's next event waits for ever.
    /// </summary>
    Sequential,

    /// <summary>
    /// They begin one after the other, each when the one before it awaits something, and what comes behind an <c>await</c> runs on any thread of the pool,
    /// beside others. For handlers that compute, and where each microsecond counts.
    /// </summary>
    Parallel,
}
