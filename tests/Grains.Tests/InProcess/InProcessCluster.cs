using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>The directory in one process: one host, as many servers as a test wants. It can die and start again under its servers.</summary>
public sealed class InProcessCluster : DirectoryCluster
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryMetrics _metrics;
    private readonly RestartableDirectory.Place _place = new();

    public InProcessCluster()
    {
        _metrics = new DirectoryMetrics(_services.GetRequiredService<IMeterFactory>());
        _place.Host = NewHost(firstStart: true);
    }

    public override Task ReportDeathAsync(ServerId process) => _place.Host!.ReportDeathAsync(process);

    public override async Task KillDirectoryAsync()
    {
        var host = _place.Host!;
        _place.Host = null;
        await host.DisposeAsync();
    }

    public override Task StartDirectoryAsync()
    {
        _place.Start(NewHost(firstStart: false));
        return Task.CompletedTask;
    }

    internal override IDirectory NewDirectory() => new RestartableDirectory(_place);

    protected override async Task StopAsync()
    {
        if (_place.Host is { } host)
        {
            await host.DisposeAsync();
        }
        _metrics.Dispose();
        await _services.DisposeAsync();
    }

    private DirectoryHost NewHost(bool firstStart) =>
        new(new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = firstStart }, _metrics, TimeProvider.System, new Random(), NullLogger.Instance);
}
