namespace OrleansAdapter.EngineIO;

/// <content>
/// Pings, and who does not answer them. A client that is not read for a while is not held to its answers, which may be behind what is not read yet; but it
/// goes on being pinged at the interval, as it ends its connection where no ping comes.
/// </content>
internal sealed partial class EngineSession
{
    /// <summary>
    /// A timer that fires so much too late was held up by a busy machine: then the client's time counts from when the ping went out, not from when it was
    /// due.
    /// </summary>
    private static readonly TimeSpan LateTimer = TimeSpan.FromMilliseconds(100);

    private int _paused;
    private bool _awaitsPong;
    private bool _awaitsPoll;

    /// <summary>Whether the client was not read at some time since the last ping.</summary>
    private bool _pausedSincePing;

    /// <summary>When the next ping is due, or the last one was.</summary>
    private long _pingDue;

    /// <summary>Whether the client is not read for now.</summary>
    public bool IsPaused => Volatile.Read(ref _paused) > 0;

    /// <summary>Completes when the handler can take more. Until then the client is not read.</summary>
    public ValueTask WhenReadyAsync()
    {
        var ready = _handler.WhenReadyAsync();
        return ready.IsCompletedSuccessfully ? ready : PauseAsync(ready);
    }

    /// <summary>Ends a session whose client's time is over, though its timer has not fired yet.</summary>
    /// <returns>Whether the session is there.</returns>
    public bool IsInTime()
    {
        lock (_gate)
        {
            if (_state != State.Open || !_awaitsPong || _pausedSincePing || Elapsed(_pingDue) < _server.Options.PingTimeout)
            {
                return true;
            }
            if (!CloseLocked())
            {
                return false;
            }
        }
        TellClosed(EngineCloseReason.PingTimeout, null);
        return false;
    }

    private void SchedulePing()
    {
        _awaitsPong = false;
        _pingDue = Time.GetTimestamp() + Ticks(_server.Options.PingInterval);
        _timer.Change(_server.Options.PingInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The timer has fired: pings. False where the client has not answered the last one, and could have.</summary>
    private bool TryPing()
    {
        if (_awaitsPong && !_pausedSincePing)
        {
            return false;
        }
        if (_transport is PollingTransport)
        {
            // Such a client comes again when its GET is answered, whether it is read or not.
            if (_awaitsPong && _awaitsPoll)
            {
                return false;
            }
            _awaitsPoll = true;
        }
        if (_awaitsPong || Elapsed(_pingDue) >= LateTimer)
        {
            _pingDue = Time.GetTimestamp();
        }
        if (!_awaitsPong || _transport.IsWritable)
        {
            Add(OutboundPacket.Ping);
            FlushLocked();
        }
        _awaitsPong = true;
        _pausedSincePing = IsPaused;
        _timer.Change(_pausedSincePing ? _server.Options.PingInterval : _server.Options.PingTimeout - Elapsed(_pingDue), Timeout.InfiniteTimeSpan);
        return true;
    }

    private void PongReceived()
    {
        lock (_gate)
        {
            if (_state == State.Open)
            {
                SchedulePing();
            }
        }
    }

    private async ValueTask PauseAsync(ValueTask ready)
    {
        Interlocked.Increment(ref _paused);
        lock (_gate)
        {
            if (_state == State.Open && _awaitsPong && !_pausedSincePing)
            {
                // Once per ping: from now on the next one counts, and not the answer.
                _pausedSincePing = true;
                var left = _server.Options.PingInterval - Elapsed(_pingDue);
                _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
        try
        {
            await ready.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _paused);
        }
    }

    private TimeSpan Elapsed(long since) => Time.GetElapsedTime(since);

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Time.TimestampFrequency);
}
