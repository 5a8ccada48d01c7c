using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Threading;

/// <summary>
/// Passes on so many lines of each message in a second, and behind them one line that says how many were left out: nothing that clients do, however often they
/// do it, fills a disk or hides what else is logged. Safe under threads.
/// </summary>
internal sealed class BoundedLogger : ILogger
{
    /// <summary>How many lines of a message there are in a second.</summary>
    public const int Most = 10;

    /// <summary>The same for levels that only who looks for something turns on.</summary>
    public const int MostOfDebug = 100;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly ConditionalWeakTable<ILogger, BoundedLogger> Known = [];

    private readonly ConcurrentDictionary<EventId, Window> _windows = new();
    private readonly ILogger _inner;
    private readonly TimeProvider _time;

    private BoundedLogger(ILogger inner, TimeProvider time) => (_inner, _time) = (inner, time);

    /// <summary>The bounded form of a logger: one, however many ask for it.</summary>
    public static ILogger Of(ILogger inner, TimeProvider time) => inner as BoundedLogger ?? Known.GetValue(inner, logger => new BoundedLogger(logger, time));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (_inner.IsEnabled(logLevel) && _windows.GetOrAdd(eventId, static (_, logger) => new Window(logger), this).TryTake(logLevel, eventId))
        {
            _inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    /// <summary>The lines of one message.</summary>
    private sealed class Window(BoundedLogger logger)
    {
        private readonly Lock _lock = new();
        private long _since;
        private int _lines;
        private int _leftOut;
        private ITimer? _timer;

        public bool TryTake(LogLevel level, EventId id)
        {
            lock (_lock)
            {
                var passed = logger._time.GetElapsedTime(_since);
                if (_lines == 0 || passed >= Second)
                {
                    (_since, _lines, passed) = (logger._time.GetTimestamp(), 0, TimeSpan.Zero);
                }
                if (_lines < (level < LogLevel.Information ? MostOfDebug : Most))
                {
                    _lines++;
                    return true;
                }
                _leftOut++;
                _timer ??= logger._time.CreateTimer(_ => Tell(level, id), null, Second - passed, Timeout.InfiniteTimeSpan);
                return false;
            }
        }

        private void Tell(LogLevel level, EventId id)
        {
            int leftOut;
            lock (_lock)
            {
                (leftOut, _leftOut) = (_leftOut, 0);
                _timer?.Dispose();
                _timer = null;
            }
            logger._inner.Log(level, id, (leftOut, id), null, static (state, _) => string.Create(
                CultureInfo.InvariantCulture,
                $"{state.leftOut} more lines like this one were left out within a second (event {state.id.Id}, {state.id.Name})"));
        }
    }
}

/// <summary>Bounds what loggers write.</summary>
internal static class BoundedLoggerExtensions
{
    /// <summary>See <see cref="BoundedLogger"/>.</summary>
    public static ILogger Bounded(this ILogger logger, TimeProvider time) => BoundedLogger.Of(logger, time);
}
