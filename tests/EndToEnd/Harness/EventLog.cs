namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>What happened, in order, and a way to wait for what will.</summary>
/// <param name="name">Whose log it is.</param>
internal sealed class EventLog<T>(string name)
{
    /// <summary>How long anything is waited for; only a failing test waits so long.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<T> _items = [];
    private TaskCompletionSource _added = New();

    public int Count
    {
        get
        {
            lock (_items)
            {
                return _items.Count;
            }
        }
    }

    public T[] All
    {
        get
        {
            lock (_items)
            {
                return [.. _items];
            }
        }
    }

    public void Add(T item)
    {
        TaskCompletionSource added;
        lock (_items)
        {
            _items.Add(item);
            (added, _added) = (_added, New());
        }
        added.SetResult();
    }

    /// <summary>Waits for the first item that matches, of those from a place on.</summary>
    public async Task<T> FirstAsync(Func<T, bool> match, string what, int from = 0, TimeSpan? atMost = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(atMost ?? Limit);
        for (var next = from; ; next++)
        {
            await ReachAsync(next + 1, what, limit.Token);
            T item;
            lock (_items)
            {
                item = _items[next];
            }
            if (match(item))
            {
                return item;
            }
        }
    }

    /// <summary>Waits until so many items are there.</summary>
    public async Task UntilAsync(int count, string what, TimeSpan? atMost = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(atMost ?? Limit);
        await ReachAsync(count, what, limit.Token);
    }

    private async Task ReachAsync(int count, string what, CancellationToken limit)
    {
        while (true)
        {
            Task added;
            lock (_items)
            {
                if (_items.Count >= count)
                {
                    return;
                }
                added = _added.Task;
            }
            try
            {
                await added.WaitAsync(limit);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException(
                    $"{name}: waited for {what}. Of {Count} items these are the last:\n{string.Join('\n', All.TakeLast(20))}", exception);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Logs of what a process writes.</summary>
internal static class LineLog
{
    /// <summary>Adds each line, until there are no more.</summary>
    public static async Task ReadAsync(this EventLog<string> log, StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            log.Add(line);
        }
    }
}
