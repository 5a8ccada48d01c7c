using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>A place for a test's socket file, removed with the test.</summary>
internal sealed class SocketFolder : IDisposable
{
    public const string Secret = "a secret of the tests";

    public SocketFolder()
    {
        Folder = Directory.CreateTempSubdirectory("oa-").FullName;
        SocketPath = Path.Combine(Folder, "link", "directory.sock");
    }

    public string Folder { get; }

    /// <summary>In a directory that does not exist yet.</summary>
    public string SocketPath { get; }

    /// <summary>A link to what listens there, not started.</summary>
    public LinkDirectory NewLink(LinkOptions? options = null, LinkTarget? target = null, ILogger? logger = null) => new(
        target ?? new LinkTarget(SocketPath, LinkGreeting.Secret(Secret), LinkRole.Worker),
        options ?? new LinkOptions(),
        TimeProvider.System,
        new Random(),
        logger ?? NullLogger.Instance);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
