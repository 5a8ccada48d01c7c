namespace OrleansAdapter.Tests.Directories;

/// <summary>One directory, and the ways of servers to it. Suites are abstract over it.</summary>
public abstract class TestCluster : IAsyncDisposable
{
    /// <summary>The namespace of the test's hub.</summary>
    public virtual string Namespace => "/hub";

    /// <summary>A directory for one more server.</summary>
    internal abstract IDirectory NewDirectory();

    /// <summary>Tells the directory that a process is dead.</summary>
    public abstract Task ReportDeathAsync(ServerId process);

    public abstract ValueTask DisposeAsync();
}
