using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.InProcess;

namespace OrleansAdapter.Tests.Directories;

/// <summary>The directory in this process, with several servers on one host.</summary>
public sealed class InProcessTestCluster : TestCluster
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryMetrics _metrics;
    private readonly DirectoryHost _host;

    public InProcessTestCluster()
    {
        _metrics = new DirectoryMetrics(_services.GetRequiredService<IMeterFactory>());
        _host = new DirectoryHost(
            new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = true }, _metrics, TimeProvider.System, new Random(), NullLogger.Instance);
    }

    public override Task ReportDeathAsync(ServerId process) => _host.ReportDeathAsync(process);

    public override async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _metrics.Dispose();
        await _services.DisposeAsync();
    }

    internal override IDirectory NewDirectory() => new InProcessDirectory(_host, ownsHost: false);
}
