namespace OrleansAdapter.Threading;

/// <summary>
/// Finds turns that take too long: while one lasts, nobody else is served. Each is told of once, as soon as somebody looks, or else at its end. Its own thread
/// says what it does. How long that takes is a matter of the machine: it is measured by the machine's own clock, whatever clock the server has.
/// </summary>
/// <param name="tooLong">Told how long the turn has taken so far, what took most of it, and how many things it has done.</param>
/// <param name="clock">Milliseconds of a monotonic clock, for tests of this class; null for the machine's.</param>
internal sealed class TurnWatch(Action<long, object, int> tooLong, Func<long>? clock = null)
{
    /// <summary>What a turn may take, in milliseconds.</summary>
    public const long Limit = 1000;

    private readonly Func<long> _clock = clock ?? (() => Environment.TickCount64);
    private readonly Lock _lock = new();
    private object? _current;
    private object? _longest;
    private long _began;
    private long _currentBegan;
    private long _longestTook;
    private int _count;
    private bool _running;
    private bool _told;

    /// <summary>The turn does something next; it begins with the first.</summary>
    public void Next(object what)
    {
        var now = _clock();
        if (_count == 0)
        {
            lock (_lock)
            {
                (_running, _told, _began) = (true, false, now);
            }
        }
        else
        {
            CurrentEnds(now);
        }
        _count++;
        _currentBegan = now;
        Volatile.Write(ref _current, what);
    }

    /// <summary>The turn has ended.</summary>
    public void End()
    {
        if (_count == 0)
        {
            return;
        }
        var now = _clock();
        CurrentEnds(now);
        var (longest, count) = (_longest!, _count);
        bool tell;
        lock (_lock)
        {
            tell = !_told && now - _began >= Limit;
            _running = false;
        }
        (_current, _longest, _longestTook, _count) = (null, null, -1, 0);
        if (tell)
        {
            tooLong(now - _began, longest, count);
        }
    }

    /// <summary>Tells of a turn that is still under way. From any thread.</summary>
    public void Look()
    {
        object? what;
        int count;
        long took;
        lock (_lock)
        {
            (what, count, took) = (Volatile.Read(ref _current), _count, _clock() - _began);
            if (!_running || _told || took < Limit || what is null)
            {
                return;
            }
            _told = true;
        }
        tooLong(took, what, count);
    }

    private void CurrentEnds(long now)
    {
        var took = now - _currentBegan;
        if (_longest is null || took > _longestTook)
        {
            (_longest, _longestTook) = (_current, took);
        }
    }
}
