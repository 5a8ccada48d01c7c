using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Tests;

/// <summary>Keeps what is logged.</summary>
public sealed class TestLog : ILoggerProvider
{
    public ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> Lines { get; } = new();

    /// <summary>A turn that failed is a bug, whatever else went well.</summary>
    public void AssertNoFailure() => Assert.DoesNotContain(Lines, line => line.Level == LogLevel.Critical);

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private sealed class Logger(TestLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Lines.Enqueue((logLevel, formatter(state, exception), exception));
    }
}
