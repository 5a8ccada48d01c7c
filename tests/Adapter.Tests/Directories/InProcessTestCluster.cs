using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Tests.Directories;

/// <summary>The directory in this process, with several servers on one host.</summary>
public sealed class InProcessTestCluster : TestCluster
{
    private readonly InProcessHost _host = InProcessHost.Start();

    public override Task ReportDeathAsync(ServerId process) => _host.Directory.ReportDeathAsync(process);

    public override ValueTask DisposeAsync() => _host.DisposeAsync();

    internal override IDirectory NewDirectory() => new InProcessDirectory(_host.Directory, ownsHost: false);
}
