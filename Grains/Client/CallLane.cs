namespace OrleansAdapter.Grains;

/// <summary>
/// Makes one kind of call to one grain: one at a time, and next the newest that was asked for meanwhile; those between are left out, because a later
/// message says all that an earlier one did. So a slow grain has a handful of calls of each server waiting, however much the server publishes.
/// </summary>
/// <typeparam name="T">The messages.</typeparam>
/// <param name="call">Makes the call.</param>
/// <param name="completed">Takes its result; the lane is free by then.</param>
/// <param name="failed">Takes what a call throws.</param>
internal sealed class CallLane<T>(Func<T, Task<MailboxBatch>> call, Action<MailboxBatch> completed, Action<Exception> failed)
    where T : class
{
    private readonly Lock _lock = new();
    private T? _waiting;
    private bool _busy;
    private int _run;

    /// <summary>Makes the call, or has it made when the one in flight has ended. Never blocks.</summary>
    public void Send(T message)
    {
        int run;
        lock (_lock)
        {
            if (_busy)
            {
                _waiting = message;
                return;
            }
            _busy = true;
            run = _run;
        }
        _ = RunAsync(message, run);
    }

    /// <summary>Gives up waiting for the call in flight, so that the next one is made at once. Its result still counts.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _run++;
            _waiting = null;
            _busy = false;
        }
    }

    private async Task RunAsync(T? message, int run)
    {
        while (message is not null)
        {
            var result = await CallAsync(message).ConfigureAwait(false);
            lock (_lock)
            {
                message = null;
                if (run == _run)
                {
                    message = _waiting;
                    _waiting = null;
                    _busy = message is not null;
                }
            }
            if (result is not null)
            {
                completed(result);
            }
        }
    }

    private async Task<MailboxBatch?> CallAsync(T message)
    {
        try
        {
            return await call(message).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A call that fails is a lost message, whatever it failed with.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed(exception);
            return null;
        }
    }
}
