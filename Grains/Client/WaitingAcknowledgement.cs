namespace OrleansAdapter.Grains;

/// <summary>
/// The acknowledgement of a server's own entries, which came as the result of its call. It goes with what the server publishes next, which saves a call for
/// each message of who says one after the other; or, where it publishes nothing, a moment later by itself. Safe under threads.
/// </summary>
internal sealed class WaitingAcknowledgement : IDisposable
{
    /// <summary>How long it waits at most, counted from the first that nobody has taken along.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Action<Acknowledge> _send;
    private readonly ITimer _timer;
    private Acknowledge? _newest;
    private long _since;
    private bool _isTimed;

    public WaitingAcknowledgement(TimeProvider time, Action<Acknowledge> send)
    {
        (_time, _send) = (time, send);
        _timer = time.CreateTimer(static self => ((WaitingAcknowledgement)self!).Passed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Has an acknowledgement wait, in place of an earlier one: it says all that that did.</summary>
    public void Put(Acknowledge acknowledge)
    {
        lock (_lock)
        {
            if (_newest is null)
            {
                _since = _time.GetTimestamp();
            }
            _newest = acknowledge;
            if (!_isTimed)
            {
                _isTimed = true;
                _timer.Change(Moment, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The acknowledgement that waits, for who takes it along; null where none does.</summary>
    public Acknowledge? Take()
    {
        lock (_lock)
        {
            var newest = _newest;
            _newest = null;
            return newest;
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>The timer runs on while acknowledgements come and go, rather than being set for each.</summary>
    private void Passed()
    {
        Acknowledge? due;
        lock (_lock)
        {
            due = _newest;
            if (due is not null && Moment - _time.GetElapsedTime(_since) is { Ticks: > 0 } left)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
            (_newest, _isTimed) = (null, false);
        }
        if (due is not null)
        {
            _send(due);
        }
    }
}
