namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>
/// A directory that tests run against, whatever hosts it. Servers reach it only through <see cref="IDirectory"/>: nothing here supposes that
/// both sides are in one process.
/// </summary>
public abstract class DirectoryCluster : IAsyncDisposable
{
    private readonly List<TestServer> _servers = [];

    /// <summary>Starts a server of a new process, and waits until it has reached the directory.</summary>
    internal async Task<TestServer> NewServerAsync()
    {
        var server = new TestServer(NewDirectory());
        _servers.Add(server);
        await server.Directory.StartAsync(server.Life.Process, server, TestContext.Current.CancellationToken).InTimeAsync();
        await server.ConnectedAsync();
        return server;
    }

    /// <summary>Tells the directory that a process is dead, as a supervisor does.</summary>
    public abstract Task ReportDeathAsync(ServerId process);

    /// <summary>Ends the directory with all it knows, without warning. Only for suites whose cluster says it can.</summary>
    public virtual Task KillDirectoryAsync() => throw new NotSupportedException();

    /// <summary>Starts another directory in its place.</summary>
    public virtual Task StartDirectoryAsync() => throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.Directory.DisposeAsync();
        }
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A server's way to the directory, not started.</summary>
    internal abstract IDirectory NewDirectory();

    /// <summary>Ends the directory.</summary>
    protected abstract Task StopAsync();
}
