namespace OrleansAdapter.Threading;

/// <summary>Says when a wait is worth a warning: after 3 s, and then every minute. One for each wait.</summary>
internal sealed class WaitWarning(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Next = TimeSpan.FromMinutes(1);

    private readonly long _began = time.GetTimestamp();
    private TimeSpan _due = First;

    /// <summary>How long the wait has lasted.</summary>
    public TimeSpan Waited => time.GetElapsedTime(_began);

    /// <summary>How long it is until a warning is due; not negative.</summary>
    public TimeSpan Left => Waited < _due ? _due - Waited : TimeSpan.Zero;

    /// <summary>Waits until something has ended, and calls back each time a warning is due.</summary>
    public async Task WaitAsync(Task task, Action warn, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await task.WaitAsync(Left, time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException)
            {
                if (task.IsCompleted)
                {
                    await task.ConfigureAwait(false); // it ended just then, perhaps in that way itself
                    return;
                }
                if (IsDue())
                {
                    warn();
                }
            }
        }
    }

    /// <summary>True once each time a warning is due.</summary>
    public bool IsDue()
    {
        if (Waited < _due)
        {
            return false;
        }
        _due = Waited + Next;
        return true;
    }
}
