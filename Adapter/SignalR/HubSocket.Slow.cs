namespace OrleansAdapter.SignalR;

/// <content>The watch on a client that reads more slowly than it is sent to.</content>
internal sealed partial class HubSocket
{
    private SlowClientWatch? _slow;
    private ITimer? _slowTimer;

    /// <inheritdoc/>
    public bool IsSlow => Volatile.Read(ref _slow) is not null;

    private void WatchIfSlow()
    {
        if (_slow is null && _queue.IsAbove)
        {
            _slow = new SlowClientWatch(_slowLimits, _time);
            _slowTimer = _time.CreateTimer(static state => ((HubSocket)state!).LookAtSlow(), this, _slowLimits.Time, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndWatch()
    {
        _slow = null;
        _slowTimer?.Dispose();
        _slowTimer = null;
    }

    private void LookAtSlow()
    {
        lock (_gate)
        {
            if (_slow is null || _state != State.Open)
            {
                return;
            }
            if (_slow.Left is var left && left > TimeSpan.Zero)
            {
                _slowTimer!.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }
        Close(DisconnectReason.SlowClient);
    }
}
