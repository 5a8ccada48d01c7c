using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>The Local engine in one process: one host, as many servers as a test wants.</summary>
public sealed class LocalCluster : DirectoryCluster
{
    private readonly DirectoryHost _host = new(
        new DirectoryHostOptions(new RoomsOptions(), new ServersOptions(), FirstStart: true),
        TimeProvider.System,
        new Random(),
        NullLogger.Instance);

    public override Task ReportDeathAsync(ServerId process) => _host.ReportDeathAsync(process);

    protected override IDirectory NewDirectory() => new LocalDirectory(_host, ownsHost: false);

    protected override async Task StopAsync() => await _host.DisposeAsync();
}
