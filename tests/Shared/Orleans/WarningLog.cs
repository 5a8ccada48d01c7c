using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.Testing;

/// <summary>Keeps what is logged as a warning or worse, for a test to wait for.</summary>
internal sealed class WarningLog : ILoggerProvider, ILogger
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <summary>The first line with a text in it; what comes before it is passed over.</summary>
    public async Task<string> FirstAsync(string containing)
    {
        while (true)
        {
            var line = await _lines.Reader.ReadAsync();
            if (line.Contains(containing, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    /// <summary>Waits until there was a line with each of the texts, in whatever order.</summary>
    public async Task AllAsync(params string[] containing)
    {
        List<string> missing = [.. containing];
        while (missing.Count > 0)
        {
            var line = await _lines.Reader.ReadAsync();
            missing.RemoveAll(text => line.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>Whether there is nothing that has not been waited for.</summary>
    public bool IsEmpty => !_lines.Reader.TryPeek(out _);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Writer.TryWrite(formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}
