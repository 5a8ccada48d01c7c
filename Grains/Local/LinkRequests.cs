using System.Collections.Concurrent;

namespace OrleansAdapter.Grains.Local;

/// <summary>Questions to the directory that wait for their answers, by number.</summary>
internal sealed class LinkRequests(TimeSpan limit, TimeProvider time)
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<object?>> _waiting = new();
    private long _last;

    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="what">What is asked, for the error.</param>
    /// <param name="send">Sends the question under its number; false where it cannot be sent now.</param>
    /// <exception cref="DirectoryUnavailableException">It could not be sent, the link ended, or no answer came in time.</exception>
    public async Task<object?> AskAsync(string what, Func<long, bool> send, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = answer;
        try
        {
            return send(number)
                ? await answer.Task.WaitAsync(limit, time, cancellationToken)
                : throw new DirectoryUnavailableException($"{what}: the directory cannot be reached now. Try again when it is back.");
        }
        catch (TimeoutException exception)
        {
            throw new DirectoryUnavailableException($"{what}: the directory did not answer within {limit}. Try again.", exception);
        }
        finally
        {
            _waiting.TryRemove(number, out _);
        }
    }

    /// <summary>The answer to a question came; one that nobody waits for is dropped.</summary>
    public void Answer(long number, object? answer)
    {
        if (_waiting.TryRemove(number, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    /// <summary>The link ended: no answer comes to what was asked on it.</summary>
    public void Fail(string reason)
    {
        foreach (var (number, waiting) in _waiting)
        {
            if (_waiting.TryRemove(number, out _))
            {
                waiting.TrySetException(new DirectoryUnavailableException($"The link to the directory ended before it answered: {reason}. Try again."));
            }
        }
    }
}
