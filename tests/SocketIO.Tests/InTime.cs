using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OrleansAdapter.SocketIO.Tests;

/// <summary>
/// Waiting for what has to come: long enough for any machine, so that only what never comes fails. The error names what was waited for, in the words of
/// the test.
/// </summary>
internal static class InTime
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task InTimeAsync(this Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        try
        {
            await task.WaitAsync(Limit, Cancellation);
        }
        catch (TimeoutException exception) when (!task.IsCompleted)
        {
            throw Late($"{what} did not complete", exception);
        }
    }

    public static async Task<T> InTimeAsync<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).InTimeAsync(what);
        return await task;
    }

    /// <summary>Takes the next thing that comes through a channel.</summary>
    public static async Task<T> NextAsync<T>(this Channel<T> channel, string? expected = null, [CallerArgumentExpression(nameof(channel))] string name = "")
    {
        var next = channel.Reader.ReadAsync(Cancellation).AsTask();
        try
        {
            return await next.WaitAsync(Limit, Cancellation);
        }
        catch (TimeoutException exception) when (!next.IsCompleted)
        {
            throw Late($"nothing came through {name}{(expected is null ? "" : $", where \"{expected}\" was expected")}", exception);
        }
    }

    /// <summary>Waits for a state that nothing announces.</summary>
    public static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw Late($"this did not become true: {what}", null);
            }
            await Task.Yield();
        }
    }

    private static TimeoutException Late(string what, Exception? inner) => new($"Within {Limit.TotalSeconds} s {what}.", inner);
}
