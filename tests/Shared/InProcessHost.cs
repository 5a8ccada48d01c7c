using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.InProcess;

namespace OrleansAdapter.Testing;

/// <summary>A directory in this process with all that it needs of a container, which nothing else shares.</summary>
internal sealed class InProcessHost : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryMetrics _metrics;

    public InProcessHost(DirectoryHostOptions options)
    {
        _metrics = new DirectoryMetrics(_services.GetRequiredService<IMeterFactory>());
        Directory = new DirectoryHost(options, _metrics, TimeProvider.System, new Random(), NullLogger.Instance);
    }

    /// <summary>The directory.</summary>
    public DirectoryHost Directory { get; }

    /// <summary>Starts one that may take it, or not, that there was none before.</summary>
    public static InProcessHost Start(bool firstStart = true) => new(new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = firstStart });

    public async ValueTask DisposeAsync()
    {
        await Directory.DisposeAsync();
        _metrics.Dispose();
        await _services.DisposeAsync();
    }
}
