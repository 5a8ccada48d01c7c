namespace OrleansAdapter.SocketIO;

/// <summary>
/// Counts who uses a namespace: the clients that are in it, or on their way in. So that it can be removed once there have been none for a while.
/// </summary>
internal sealed class NamespaceUsers(TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _count;
    private long _emptySince = time.GetTimestamp();
    private bool _closed;

    /// <summary>One more; false if it is closed.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            _count += _closed ? 0 : 1;
            return !_closed;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _emptySince = time.GetTimestamp();
            }
        }
    }

    /// <summary>Closes it if it has been empty for so long.</summary>
    public bool TryClose(TimeSpan idle)
    {
        lock (_lock)
        {
            return _closed = _count == 0 && time.GetElapsedTime(_emptySince) >= idle;
        }
    }
}
