namespace OrleansAdapter.Threading;

/// <summary>Says which of many equal log lines are written: the first, and then one in ten seconds at most. For what strangers can cause.</summary>
internal sealed class LogInterval(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _last;
    private int _leftOut;

    /// <summary>Whether a line is to be written now.</summary>
    /// <param name="leftOut">How many like it were not written since the last one.</param>
    public bool IsDue(out int leftOut)
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < Pause)
            {
                leftOut = 0;
                _leftOut++;
                return false;
            }
            _last = time.GetTimestamp();
            (leftOut, _leftOut) = (_leftOut, 0);
            return true;
        }
    }
}
