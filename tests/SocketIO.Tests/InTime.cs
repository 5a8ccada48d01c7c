namespace OrleansAdapter.SocketIO.Tests;

/// <summary>Waiting for what has to come: long enough for any machine, so that only what never comes fails.</summary>
internal static class InTime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Task InTimeAsync(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task<T> InTimeAsync<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);
}
