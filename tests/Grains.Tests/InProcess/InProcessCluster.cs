using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>The directory in one process: one host, as many servers as a test wants. It can die and start again under its servers.</summary>
public sealed class InProcessCluster : DirectoryCluster
{
    private readonly RestartableDirectory.Place _place = new();
    private InProcessHost? _host = InProcessHost.Start();

    public InProcessCluster() => _place.Host = _host!.Directory;

    public override Task ReportDeathAsync(ServerId process) => _host!.Directory.ReportDeathAsync(process);

    public override async Task KillDirectoryAsync()
    {
        _place.Host = null;
        await StopAsync();
        _host = null;
    }

    public override Task StartDirectoryAsync()
    {
        _host = InProcessHost.Start(firstStart: false);
        _place.Start(_host.Directory);
        return Task.CompletedTask;
    }

    internal override IDirectory NewDirectory() => new RestartableDirectory(_place);

    protected override async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
