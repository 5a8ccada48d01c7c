namespace OrleansAdapter.Grains;

/// <summary>How often a grain looks for what has run out.</summary>
internal static class TickPeriod
{
    /// <summary>While servers are waited for, and that wait is short.</summary>
    private const long WhileHolding = 50;

    /// <summary>While nothing runs out but leases, which last seconds. A look costs little, but for ever.</summary>
    private const long ForLeases = 250;

    /// <summary>That of a home that holds.</summary>
    /// <param name="pauseThreshold">The time between two looks, in milliseconds, that counts as a pause of the directory; usual looks stay well below.</param>
    public static TimeSpan OfHold(long pauseThreshold) => Below(pauseThreshold, WhileHolding);

    /// <summary>That of who only has leases.</summary>
    /// <param name="pauseThreshold">The same.</param>
    public static TimeSpan OfLeases(long pauseThreshold) => Below(pauseThreshold, ForLeases);

    private static TimeSpan Below(long pauseThreshold, long most) => TimeSpan.FromMilliseconds(Math.Clamp(pauseThreshold / 2, 1, most));
}
