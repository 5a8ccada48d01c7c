namespace OrleansAdapter.EngineIO;

internal static class Timers
{
    /// <summary>A timer that fires once. It does not hold on to the request that it is made in.</summary>
    public static ITimer Once(TimeProvider time, TimeSpan due, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan);
        }
        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan);
        }
    }
}
