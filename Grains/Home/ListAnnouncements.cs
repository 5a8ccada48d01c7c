namespace OrleansAdapter.Grains;

/// <summary>When a home tells all of its lives that the list has changed: at once, but seldom enough that many changes in a row are told of together.</summary>
/// <param name="pause">How long a home waits after one announcement before it makes the next, in milliseconds.</param>
internal sealed class ListAnnouncements(long pause)
{
    private long? _last;
    private bool _waits;

    /// <summary>The list has changed: true if that is to be announced now, else it waits until <see cref="IsDue"/>.</summary>
    public bool MayBegin(long now)
    {
        _waits = true;
        return IsDue(now);
    }

    /// <summary>Whether a change waits to be announced and the pause is over; then the caller announces it.</summary>
    public bool IsDue(long now)
    {
        if (!_waits || now - _last < pause)
        {
            return false;
        }
        (_last, _waits) = (now, false);
        return true;
    }
}
