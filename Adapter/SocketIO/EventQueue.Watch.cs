using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO;

/// <summary>What has waited in a queue for a while.</summary>
internal enum HeldUp
{
    /// <summary>A handler has run all the time, and others have something to do.</summary>
    Turn,

    /// <summary>Events have come, and <c>OnConnection</c> is not over.</summary>
    Connection,

    /// <summary>The client is not read on, as too many of its events are not over.</summary>
    Reading,
}

/// <content>Says what waits for something longer than 3 s. Costs nothing where nothing waits.</content>
internal sealed partial class EventQueue
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Next = TimeSpan.FromMinutes(1);

    private ITimer? _watch;
    private long _watched;

    /// <summary>Counts what has run.</summary>
    private int _piece;

    /// <summary>Counts what has begun.</summary>
    private int _begun;

    private bool HasWaiting => _items is { Count: > 0 } || _posted is { Count: > 0 };

    /// <summary>Something begins to wait: looks after it.</summary>
    private void WatchLocked()
    {
        if (_watch is null)
        {
            _watched = owner.Time.GetTimestamp();
            _watch = Look(First);
        }
    }

    private ITimer Look(TimeSpan due)
    {
        var seen = (_piece, _begun, _ready);
        return Timers.Once(owner.Time, due, state =>
        {
            var (queue, before) = ((EventQueue, (int, int, TaskCompletionSource?)))state!;
            queue.Look(before);
        }, (this, seen));
    }

    private void Look((int Piece, int Begun, TaskCompletionSource? Ready) before)
    {
        HeldUp? what;
        TimeSpan waited;
        int waiting;
        lock (_lock)
        {
            // What keeps the socket for itself is named before what runs: it may do both.
            what = _isExclusive && _items is { Count: > 0 } && _begun == before.Begun ? HeldUp.Connection
                : _running && HasWaiting && _piece == before.Piece ? HeldUp.Turn
                : _ready is not null && ReferenceEquals(_ready, before.Ready) ? HeldUp.Reading
                : null;
            waiting = what == HeldUp.Reading ? Count : (_items?.Count ?? 0) + (_posted?.Count ?? 0);
            if (what is null)
            {
                _watched = owner.Time.GetTimestamp();
            }
            waited = owner.Time.GetElapsedTime(_watched);
            _watch!.Dispose();
            _watch = (_running && HasWaiting) || (_isExclusive && _items is { Count: > 0 }) || _ready is not null ? Look(what is null ? First : Next) : null;
        }
        if (what is { } held)
        {
            owner.HeldUp(held, waited, waiting);
        }
    }
}
