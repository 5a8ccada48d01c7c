namespace OrleansAdapter.Threading;

/// <summary>The clock that the state machines are given: only differences count, and it never goes back.</summary>
internal static class MonotonicTime
{
    /// <summary>The time in milliseconds.</summary>
    public static long Milliseconds(this TimeProvider time) => (long)time.GetElapsedTime(0, time.GetTimestamp()).TotalMilliseconds;
}
