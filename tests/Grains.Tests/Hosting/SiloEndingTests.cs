using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.Tests.Hosting;

/// <summary>What Orleans says of grains as their silo ends.</summary>
public sealed class SiloEndingTests
{
    private const string GrainCategory = "Orleans.Grain";

    [Fact]
    public async Task Errors_of_grains_are_said_until_their_silo_ends()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(new Everything());
        builder.Services.AddOrleansDirectorySilo(new DirectoryClusterOptions { GatewayPort = 0 });
        using var host = builder.Build();
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(GrainCategory);

        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(logger.IsEnabled(LogLevel.Error));
        Assert.False(logger.IsEnabled(LogLevel.Warning));

        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(logger.IsEnabled(LogLevel.Error));
        Assert.True(logger.IsEnabled(LogLevel.Critical));
    }

    private sealed class Everything : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }
}
