using System.Diagnostics.CodeAnalysis;

namespace OrleansAdapter.SignalR;

/// <summary>
/// The frames that wait for one connection, bounded in bytes. Beyond the soft bound volatile frames are dropped, the oldest first; beyond the hard one
/// nothing fits. Not safe under threads.
/// </summary>
/// <remarks>
/// Each bound is at least four of the largest frame in the queue, so that a few large ones are no reason to disconnect anybody; and an empty queue takes
/// any frame, so that no frame is undeliverable.
/// </remarks>
internal sealed class FrameQueue(long limit, long hardLimit)
{
    private const int LargestFrames = 4;
    private const int KeepCapacity = 64;

    private readonly Queue<HubFrame> _frames = new();
    private int _volatile;
    private int _largest;

    public bool IsEmpty => _frames.Count == 0;

    public int Count => _frames.Count;

    public long Bytes { get; private set; }

    /// <summary>Whether more waits than may at any time.</summary>
    public bool IsAbove => Bytes > limit;

    /// <summary>Adds a frame. False if it does not fit: the client is too slow. A volatile frame that does not fit is dropped instead.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="dropped">How many volatile frames were dropped for it, itself included.</param>
    public bool TryAdd(HubFrame frame, out int dropped)
    {
        dropped = 0;
        if (!Fits(frame, limit))
        {
            if (frame.IsVolatile)
            {
                dropped = 1;
                return true;
            }
            dropped = DropVolatile(frame);
            if (!Fits(frame, hardLimit))
            {
                return false;
            }
        }
        _frames.Enqueue(frame);
        Bytes += frame.Bytes.Length;
        _largest = Math.Max(_largest, frame.Bytes.Length);
        _volatile += frame.IsVolatile ? 1 : 0;
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out HubFrame? frame)
    {
        if (!_frames.TryDequeue(out frame))
        {
            return false;
        }
        Bytes -= frame.Bytes.Length;
        _volatile -= frame.IsVolatile ? 1 : 0;
        if (_frames.Count == 0)
        {
            Emptied();
        }
        return true;
    }

    public void Clear()
    {
        _frames.Clear();
        (Bytes, _volatile) = (0, 0);
        Emptied();
    }

    private bool Fits(HubFrame frame, long bound) => _frames.Count == 0 || IsWithin(frame, bound);

    private bool IsWithin(HubFrame frame, long bound) =>
        Bytes + frame.Bytes.Length <= Math.Max(bound, (long)LargestFrames * Math.Max(_largest, frame.Bytes.Length));

    /// <summary>Drops volatile frames until the frame fits, or none is left.</summary>
    private int DropVolatile(HubFrame frame)
    {
        if (_volatile == 0)
        {
            return 0;
        }
        var before = _frames.Count;
        for (var left = before; left > 0; left--)
        {
            var next = _frames.Dequeue();
            if (next.IsVolatile && !IsWithin(frame, limit))
            {
                Bytes -= next.Bytes.Length;
                _volatile--;
            }
            else
            {
                _frames.Enqueue(next);
            }
        }
        return before - _frames.Count;
    }

    private void Emptied()
    {
        _largest = 0;
        if (_frames.Capacity > KeepCapacity)
        {
            _frames.TrimExcess(KeepCapacity);
        }
    }
}
