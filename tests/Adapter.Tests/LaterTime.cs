namespace OrleansAdapter.Tests;

/// <summary>The machine's clock, which can be put forward, as if nothing had run for a while. Timers do not notice; who looks at the time does.</summary>
internal sealed class LaterTime : TimeProvider
{
    private long _passed;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _passed);

    public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, (long)(time.TotalSeconds * TimestampFrequency));
}
