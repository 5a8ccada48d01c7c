namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A cluster and its clients for all the tests that leave it as it was.</summary>
public abstract class SharedCluster((string Name, string Value)[] environment, params string[] arguments) : IAsyncLifetime
{
    private RunningCluster? _cluster;
    private JavaScriptClients? _clients;
    private JavaScriptClients? _socketIO;

    internal RunningCluster Cluster => _cluster!;

    /// <summary>The clients; skips the running test where there is no Node.js.</summary>
    internal JavaScriptClients Clients => _clients ??= JavaScriptClients.Start();

    /// <summary>Clients of Socket.IO; the same otherwise.</summary>
    internal JavaScriptClients SocketIO => _socketIO ??= JavaScriptClients.StartSocketIO();

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.StartAsync(environment, arguments);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_clients is not null)
        {
            await _clients.DisposeAsync();
        }
        if (_socketIO is not null)
        {
            await _socketIO.DisposeAsync();
        }
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
