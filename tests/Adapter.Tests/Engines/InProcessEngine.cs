using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Tests.Engines;

/// <summary>The Local engine in this process, with several servers on one host.</summary>
public sealed class InProcessEngine : TestEngine
{
    private readonly DirectoryHost _host = new(new DirectoryHostOptions(new RoomsOptions(), new ServersOptions(), FirstStart: true), TimeProvider.System, new Random(), NullLogger.Instance);

    public override IDirectory NewDirectory() => new LocalDirectory(_host, ownsHost: false);

    public override Task ReportDeathAsync(ServerId process) => _host.ReportDeathAsync(process);

    public override ValueTask DisposeAsync() => _host.DisposeAsync();
}
