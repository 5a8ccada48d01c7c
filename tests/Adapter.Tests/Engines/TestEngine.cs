namespace OrleansAdapter.Tests.Engines;

/// <summary>One directory of an engine, and links of servers to it. Suites are abstract over it.</summary>
public abstract class TestEngine : IAsyncDisposable
{
    /// <summary>The namespace of the test's hub.</summary>
    public virtual string Namespace => "/hub";

    /// <summary>A directory for one more server.</summary>
    public abstract IDirectory NewDirectory();

    /// <summary>Tells the directory that a process is dead.</summary>
    public abstract Task ReportDeathAsync(ServerId process);

    public abstract ValueTask DisposeAsync();
}
