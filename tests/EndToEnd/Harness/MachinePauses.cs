using System.Diagnostics;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>How long this process itself has to wait for the machine, which others use as well: a bound on time allows for ten times that.</summary>
internal sealed class MachinePauses : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private readonly PeriodicTimer _timer = new(Period);
    private readonly Lock _lock = new();
    private long _last = Stopwatch.GetTimestamp();
    private TimeSpan _longest;

    /// <summary>Measures from now on.</summary>
    public MachinePauses() => _ = MeasureAsync();

    /// <summary>The longest so far, the one that is under way included.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_lock)
            {
                return Look();
            }
        }
    }

    /// <summary>Fails where something took too long, and that was not the machine.</summary>
    /// <param name="took">How long it took.</param>
    /// <param name="bound">How long it may take on a machine that is free.</param>
    /// <param name="what">The beginning of the error: what happened how late.</param>
    public void CheckBound(TimeSpan took, TimeSpan bound, string what)
    {
        var longest = Longest;
        Assert.True(took < bound + (10 * longest), $"{what}, while nothing on this machine waited longer than {longest}.");
    }

    public void Dispose() => _timer.Dispose();

    private async Task MeasureAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            lock (_lock)
            {
                _longest = Look();
                _last = Stopwatch.GetTimestamp();
            }
        }
    }

    private TimeSpan Look() => Stopwatch.GetElapsedTime(_last) - Period is var pause && pause > _longest ? pause : _longest;
}
