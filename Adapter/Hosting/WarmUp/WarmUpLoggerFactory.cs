using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Hosting;

/// <summary>Passes what the servers of a warm-up log on to one logger, at the level Debug: what they warn of is nothing that anybody has to do.</summary>
internal sealed class WarmUpLoggerFactory(ILogger to) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Quiet(to);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The log of a warm-up goes to the application's.");

    public void Dispose()
    {
    }

    private sealed class Quiet(ILogger to) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && to.IsEnabled(LogLevel.Debug);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                to.Log(LogLevel.Debug, eventId, state, exception, formatter);
            }
        }
    }
}
