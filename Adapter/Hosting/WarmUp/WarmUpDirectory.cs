namespace OrleansAdapter.Hosting;

/// <summary>
/// The directory as servers of the warm-up see it: their namespaces are others there than those of the same names, so that nobody else is in them; and they
/// are not in the list of servers.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="prefix">What their names begin with there.</param>
internal sealed class WarmUpDirectory(IDirectory directory, string prefix) : IDirectory, IDirectoryReceiver
{
    private IDirectoryReceiver? _receiver;

    public Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        _receiver = receiver;
        return directory.StartAsync(process, this, cancellationToken);
    }

    public void Send(string @namespace, WorkerMessage message) => directory.Send(prefix + @namespace, message);

    public void Forget(string @namespace) => directory.Forget(prefix + @namespace);

    public void Send(ServerMessage message)
    {
        if (message is not Describe)
        {
            directory.Send(message);
        }
    }

    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) => directory.ServersAsync(cancellationToken);

    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) => directory.ReportDeathAsync(process, cancellationToken);

    public IDirectory Another() => new WarmUpDirectory(directory.Another(), prefix);

    public ValueTask DisposeAsync() => directory.DisposeAsync();

    void IDirectoryReceiver.Receive(string @namespace, HomeMessage message) => _receiver!.Receive(@namespace[prefix.Length..], message);

    void IDirectoryReceiver.Receive(ServerMessage message) => _receiver!.Receive(message);

    void IDirectoryReceiver.Connected() => _receiver!.Connected();
}
