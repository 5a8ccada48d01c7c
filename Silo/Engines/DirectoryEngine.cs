using Microsoft.Extensions.Hosting;

namespace OrleansAdapter.Silo.Engines;

/// <summary>What hosts the directory, as the two roles of this program see it.</summary>
internal abstract class DirectoryEngine
{
    /// <summary>The name that <c>--engine</c> takes.</summary>
    public abstract string Name { get; }

    /// <summary>For the role <c>directory</c>: adds the directory to the host, which is ready when it has started.</summary>
    /// <param name="builder">The host; its configuration holds the environment.</param>
    /// <param name="firstStart">Whether it is known that no directory ran before this one.</param>
    /// <exception cref="OptionsException">The environment does not say what is needed.</exception>
    public abstract void AddDirectory(IHostApplicationBuilder builder, bool firstStart);

    /// <summary>For the role <c>primary</c>: prepares one run.</summary>
    /// <param name="directory">The run's private directory, which is removed after it.</param>
    public abstract EngineRun Prepare(string directory);
}

/// <summary>One run of a primary: where its directory is, and the primary's own access to it. Disposing it leaves nothing behind.</summary>
internal abstract class EngineRun : IAsyncDisposable
{
    /// <summary>What the directory's process and the workers have to know, as environment variables. It holds secrets.</summary>
    public abstract IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Tells the directory that a worker's process is dead. Returns when it has taken note; waits for a directory that is away.</summary>
    public abstract Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken);

    /// <summary>Tells who is left that the directory's process is dead, where that helps them. It is about to be started again.</summary>
    public virtual Task DirectoryDiedAsync() => Task.CompletedTask;

    public abstract ValueTask DisposeAsync();
}
