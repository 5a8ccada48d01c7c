using OrleansAdapter.SocketIO;

namespace OrleansAdapter.EngineIO;

/// <summary>
/// The bytes that unfinished requests, messages and packets of all clients hold together, and their bound
/// (<see cref="EngineIOOptions.MaxUnfinishedBytes"/>). Whatever waits for more of its own reserves here what it holds; what has come whole needs nothing.
/// Safe under threads.
/// </summary>
internal sealed class UnfinishedBytes(long limit)
{
    /// <summary>Why a client was refused, as it and the logs have it.</summary>
    public const string Refused = "the server holds too many unfinished messages (MaxUnfinishedBytes)";

    private long _held;

    /// <summary>How many bytes are held.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Takes so many more; false, and nothing is taken, where they do not fit.</summary>
    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= limit)
        {
            return true;
        }
        Release(bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}

/// <summary>One holder's part of them. A holder that has ended holds nothing, whatever still comes. Safe under threads.</summary>
internal sealed class UnfinishedShare(UnfinishedBytes all)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private bool _ended;

    /// <summary>Holds so many bytes altogether from now on; false, and nothing changes, where they do not fit.</summary>
    public bool TryHold(long bytes)
    {
        lock (_lock)
        {
            if (_ended || bytes <= _bytes)
            {
                return true;
            }
            if (!all.TryReserve(bytes - _bytes))
            {
                return false;
            }
            _bytes = bytes;
            return true;
        }
    }

    /// <summary>Holds nothing for now.</summary>
    public void Release()
    {
        lock (_lock)
        {
            all.Release(_bytes);
            _bytes = 0;
        }
    }

    /// <summary>Holds nothing any more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            all.Release(_bytes);
            _bytes = 0;
        }
    }
}
