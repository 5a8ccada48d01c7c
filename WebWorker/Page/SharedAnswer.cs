namespace OrleansAdapter.WebWorker.Page;

/// <summary>
/// Asks one question for all who want to know at the same time. Who comes while it is being asked waits for the next answer, because that one is no older
/// than the wish to know.
/// </summary>
internal sealed class SharedAnswer<T>(Func<Task<T>> ask)
{
    private readonly Lock _lock = new();
    private Task<T>? _running;
    private Task<T>? _next;

    public Task<T> AskAsync()
    {
        lock (_lock)
        {
            if (_next is not null)
            {
                return _next;
            }
            if (_running is null || _running.IsCompleted)
            {
                return _running = Task.Run(ask);
            }
            return _next = AskAfterAsync(_running);
        }
    }

    private async Task<T> AskAfterAsync(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            (_running, _next) = (_next, null);
        }
        return await ask();
    }
}
