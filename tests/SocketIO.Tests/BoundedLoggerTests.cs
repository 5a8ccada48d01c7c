using Microsoft.Extensions.Logging;
using OrleansAdapter.Threading;

namespace OrleansAdapter.SocketIO.Tests;

/// <summary>However often something is logged, there are few lines of it in a second, and the rest is counted.</summary>
public sealed class BoundedLoggerTests
{
    private readonly ManualTime _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void Beyond_some_lines_in_a_second_the_rest_is_counted()
    {
        var logger = _lines.Bounded(_time);
        for (var i = 0; i < 1_000; i++)
        {
            logger.Log(LogLevel.Error, new EventId(120, "HandlerFailed"), i, null, static (number, _) => $"line {number}");
            logger.Log(LogLevel.Warning, new EventId(121, "Other"), i, null, static (number, _) => $"other {number}");
        }
        Assert.Equal(2 * BoundedLogger.Most, _lines.Written.Count);
        _lines.Written.Clear();

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(
            [
                "Error 120: 990 more lines like this one were left out within a second (event 120, HandlerFailed)",
                "Warning 121: 990 more lines like this one were left out within a second (event 121, Other)",
            ],
            _lines.Written.Order(StringComparer.Ordinal));
        _lines.Written.Clear();
        logger.Log(LogLevel.Error, new EventId(120, "HandlerFailed"), 0, null, static (_, _) => "again");
        Assert.Equal(["Error 120: again"], _lines.Written);

        // Nothing was left out this time.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(_lines.Written);
    }

    [Fact]
    public void Who_looks_for_something_sees_more_of_it()
    {
        _lines.Level = LogLevel.Debug;
        var logger = _lines.Bounded(_time);
        for (var i = 0; i < 1_000; i++)
        {
            logger.Log(LogLevel.Debug, new EventId(100, "Closed"), i, null, static (number, _) => $"line {number}");
        }
        Assert.Equal(BoundedLogger.MostOfDebug, _lines.Written.Count);
    }

    [Fact]
    public void All_who_share_a_logger_share_its_bound()
    {
        Assert.Same(_lines.Bounded(_time), _lines.Bounded(_time));
        Assert.Same(_lines.Bounded(_time), _lines.Bounded(_time).Bounded(_time));
    }

    [Fact]
    public void What_is_not_written_does_not_count()
    {
        var logger = _lines.Bounded(_time);
        for (var i = 0; i < 1_000; i++)
        {
            logger.Log(LogLevel.Debug, new EventId(100, "Closed"), i, null, static (_, _) => "no");
        }
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_lines.Written);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public LogLevel Level { get; set; } = LogLevel.Information;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= Level;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {eventId.Id}: {formatter(state, exception)}");
    }
}
