namespace OrleansAdapter.EngineIO;

/// <content>Clients for which much waits: those that read get it all, those that do not are closed.</content>
internal sealed partial class EngineSession
{
    private SlowClientWatch? _slow;
    private ITimer? _slowTimer;
    private TaskCompletionSource? _room;

    /// <summary>Completes when no more waits for the client than may at any time, or when the session has ended.</summary>
    public Task WhenRoomAsync()
    {
        lock (_gate)
        {
            return _slow is null ? Task.CompletedTask : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>How long a client for which much waits still has to take some of it; null where not that much waits.</summary>
    public TimeSpan? LeftToTake
    {
        get
        {
            lock (_gate)
            {
                return _slow?.Left;
            }
        }
    }

    /// <summary>A part of what was written has left: the client reads.</summary>
    public void Progressed(IEngineTransport transport)
    {
        lock (_gate)
        {
            if (ReferenceEquals(transport, _transport))
            {
                _slow?.Taken();
            }
        }
    }

    private void WatchIfAbove()
    {
        if (_slow is null && _queuedBytes > _server.Slow.Soft)
        {
            _slow = new SlowClientWatch(_server.Slow, Time);
            _slowTimer = Timers.Once(Time, _server.Slow.Time, static state => ((EngineSession)state!).LookAtSlow(), this);
        }
    }

    private void Taken()
    {
        _slow?.Taken();
        if (_slow is not null && _queuedBytes <= _server.Slow.Soft)
        {
            EndWatch();
        }
    }

    private void EndWatch()
    {
        _slow = null;
        _slowTimer?.Dispose();
        _slowTimer = null;
        _room?.TrySetResult();
        _room = null;
    }

    private void LookAtSlow()
    {
        lock (_gate)
        {
            if (_slow is null || _state == State.Closed)
            {
                return;
            }
            if (_slow.Left is var left && left > TimeSpan.Zero)
            {
                _slowTimer!.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
            CloseAsSlow(
                $"it took too little for too long (SlowClientTime, {_server.Slow.Time}) while more than {_server.Slow.Soft} bytes waited for it "
                + "(ClientQueueLimit)");
        }
    }

    /// <summary>For callers that hold the gate.</summary>
    private void CloseAsSlow(string why)
    {
        (_transport as WebSocketTransport)?.Close(WebSocketFrame.CloseSlow);
        if (CloseBehindSender(EngineCloseReason.ForcedClose, $"{nameof(DisconnectReason.SlowClient)}: {why}"))
        {
            _server.SlowClient(this, why);
        }
    }

    /// <summary>For callers that hold the gate. The handler is told on another thread: whoever sends may hold locks of its own.</summary>
    private bool CloseBehindSender(EngineCloseReason reason, string description)
    {
        if (!CloseLocked())
        {
            return false;
        }
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.session.TellClosed(state.reason, state.description), (session: this, reason, description), preferLocal: false);
        return true;
    }
}
