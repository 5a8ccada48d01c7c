namespace OrleansAdapter.Grains;

/// <summary>How often a grain looks for what has run out.</summary>
internal static class TickPeriod
{
    /// <summary>A home that waits for its servers: the wait is short, and everybody waits with it.</summary>
    private const long WhileHolding = 50;

    /// <summary>Leases last seconds, and each look costs processor time even in an idle cluster.</summary>
    private const long ForLeases = 250;

    /// <summary>The period of a home that waits for its servers.</summary>
    /// <param name="pauseThreshold">The time between two looks, in milliseconds, that counts as a pause of the directory; usual looks stay well below.</param>
    public static TimeSpan OfHold(long pauseThreshold) => Below(pauseThreshold, WhileHolding);

    /// <summary>The period of a grain that only watches leases.</summary>
    /// <param name="pauseThreshold">The same.</param>
    public static TimeSpan OfLeases(long pauseThreshold) => Below(pauseThreshold, ForLeases);

    private static TimeSpan Below(long pauseThreshold, long most) => TimeSpan.FromMilliseconds(Math.Clamp(pauseThreshold / 2, 1, most));
}
