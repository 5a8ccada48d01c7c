using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Tests.Engines;

/// <summary>The Local engine over links: a directory that listens at a socket file, and servers that connect to it.</summary>
public sealed class LinkEngine : TestEngine
{
    private const string Secret = "a secret of the tests";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oa-");
    private readonly DirectoryServer _server;
    private readonly DirectorySupervisor _supervisor;

    public LinkEngine()
    {
        _server = DirectoryServer.Start(new DirectoryServerOptions { SocketPath = SocketPath, Secret = Secret, FirstStart = true });
        _supervisor = new DirectorySupervisor(new LocalDirectoryOptions { SocketPath = SocketPath, Secret = Secret });
    }

    private string SocketPath => Path.Combine(_folder.FullName, "directory.sock");

    public override IDirectory NewDirectory() => new LinkDirectory(
        new LinkTarget(SocketPath, LinkGreeting.Secret(Secret), LinkRole.Worker), new LinkOptions(), TimeProvider.System, new Random(), NullLogger.Instance);

    public override Task ReportDeathAsync(ServerId process) => _supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
