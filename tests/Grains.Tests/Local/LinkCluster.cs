using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains.Local;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>The Local engine with links: a directory's server, and everybody else connected over its socket file.</summary>
public sealed class LinkCluster : DirectoryCluster
{
    private readonly SocketFolder _folder = new();
    private readonly LinkOptions _options = new();
    private DirectoryServer? _server;
    private DirectorySupervisor? _supervisor;

    public LinkCluster()
    {
        _server = Start(firstStart: true);
    }

    public override async Task ReportDeathAsync(ServerId process)
    {
        _supervisor ??= new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = _folder.SocketPath, Secret = SocketFolder.Secret });
        await _supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken).InTimeAsync();
    }

    public override async Task KillDirectoryAsync()
    {
        await _server!.DisposeAsync();
        _server = null;
    }

    public override Task StartDirectoryAsync()
    {
        _server = Start(firstStart: false);
        return Task.CompletedTask;
    }

    protected override IDirectory NewDirectory() => _folder.NewLink(_options);

    protected override async Task StopAsync()
    {
        if (_supervisor is not null)
        {
            await _supervisor.DisposeAsync();
        }
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        _folder.Dispose();
    }

    private DirectoryServer Start(bool firstStart) => DirectoryServer.Start(
        new DirectoryServerOptions { SocketPath = _folder.SocketPath, Secret = SocketFolder.Secret, FirstStart = firstStart, Link = _options },
        NullLoggerFactory.Instance);
}
