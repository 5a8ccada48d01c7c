namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>A suite that runs against a new directory for each test.</summary>
public abstract class DirectorySuite : IAsyncLifetime
{
    private DirectoryCluster? _cluster;

    protected DirectoryCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync() => _cluster = await NewClusterAsync();

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a directory; it is its first start.</summary>
    protected abstract Task<DirectoryCluster> NewClusterAsync();
}
