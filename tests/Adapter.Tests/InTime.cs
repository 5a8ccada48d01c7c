namespace OrleansAdapter.Tests;

/// <summary>Waiting for what has to come: long enough for any machine, so that only what never comes fails.</summary>
internal static class InTime
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task<T> InTimeAsync<T>(this ValueTask<T> task) => task.AsTask().InTimeAsync();

    /// <summary>Waits for a state that nothing announces.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
        }
    }
}
