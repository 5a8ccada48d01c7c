namespace OrleansAdapter.EngineIO;

internal static class Timers
{
    /// <summary>A timer that fires once. It does not hold on to the request that it is made in.</summary>
    public static ITimer Once(TimeProvider time, TimeSpan due, TimerCallback callback, object state) =>
        Create(time, due, Timeout.InfiniteTimeSpan, callback, state);

    /// <summary>A timer that fires again and again. It does not hold on to the request that it is made in.</summary>
    public static ITimer Every(TimeProvider time, TimeSpan period, TimerCallback callback, object state) => Create(time, period, period, callback, state);

    private static ITimer Create(TimeProvider time, TimeSpan due, TimeSpan period, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, due, period);
        }
        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, due, period);
        }
    }
}
