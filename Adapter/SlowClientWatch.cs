namespace OrleansAdapter;

/// <summary>When a client counts as slow.</summary>
/// <param name="Soft">How many bytes may wait for it at any time.</param>
/// <param name="Hard">How many may wait while it reads.</param>
/// <param name="Time">How long it may take nothing while more than the first wait.</param>
internal sealed record SlowClientLimits(long Soft, long Hard, TimeSpan Time)
{
    /// <summary>How many times as long it may have more waiting, though it reads.</summary>
    public const int Patience = 6;

    public static SlowClientLimits Of(OrleansAdapterOptions options) => new(options.ClientQueueLimit, options.ClientQueueHardLimit, options.SlowClientTime);
}

/// <summary>
/// Watches a client for which more than the soft bound waits, until it is below that again: it is slow when it takes nothing for a time, or stays above for
/// long. A client that reads as fast as it can is not slow, however much it was sent at once. Guarded by whoever owns it.
/// </summary>
internal sealed class SlowClientWatch(SlowClientLimits limits, TimeProvider time)
{
    private readonly long _since = time.GetTimestamp();
    private long _taken = time.GetTimestamp();

    /// <summary>How long until it is slow, if it takes nothing more; nothing is left where it is.</summary>
    public TimeSpan Left
    {
        get
        {
            var idle = limits.Time - time.GetElapsedTime(_taken);
            var above = (SlowClientLimits.Patience * limits.Time) - time.GetElapsedTime(_since);
            return idle < above ? idle : above;
        }
    }

    /// <summary>
    /// The client has taken something; what is written to it next is so large. It is not seen how it takes that, so it has a second more for each megabyte.
    /// </summary>
    public void Taken(long next = 0) => _taken = time.GetTimestamp() + (next * time.TimestampFrequency / (1 << 20));
}
