using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>A log that a test can wait on.</summary>
internal sealed class LogSink : ILoggerFactory, ILogger
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public ConcurrentQueue<(LogLevel Level, string Text)> All { get; } = new();

    /// <summary>Waits for a line that contains a text; what comes before it is passed over.</summary>
    public async Task<string> LineAsync(string containing)
    {
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
                if (line.Contains(containing, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"No line of the log contains \"{containing}\":\n{string.Join('\n', All.Select(line => line.Text))}", exception);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        All.Enqueue((logLevel, exception is null ? text : $"{text}\n{exception}"));
        _lines.Writer.TryWrite(text);
    }

    public void Dispose()
    {
    }
}
