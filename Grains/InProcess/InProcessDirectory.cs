namespace OrleansAdapter.Grains.InProcess;

/// <summary>
/// The directory in this process, for a worker that is alone, and for tests with several servers on one <see cref="DirectoryHost"/>. Messages are handed
/// over as they are; the receiver is called in the home's own turn.
/// </summary>
internal sealed class InProcessDirectory(DirectoryHost host, bool ownsHost) : IDirectory
{
    private IDirectoryReceiver? _receiver;
    private ServerId _process;
    private volatile bool _disposed;

    /// <inheritdoc/>
    public Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _receiver, receiver, null) is not null)
        {
            throw new InvalidOperationException("This directory has been started already.");
        }
        _process = process.Process;
        host.Attach(_process, this);
        receiver.Connected();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IDirectory Another() => new InProcessDirectory(host, ownsHost: false);

    /// <inheritdoc/>
    public void Send(string @namespace, WorkerMessage message)
    {
        if (!_disposed)
        {
            host.Receive(@namespace, message);
        }
    }

    /// <inheritdoc/>
    public void Send(ServerMessage message)
    {
        if (!_disposed)
        {
            host.Receive(message);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed("Listing servers");
        return host.ServersAsync().WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        ThrowIfDisposed("Reporting a death");
        return host.ReportDeathAsync(process).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        host.Detach(_process, this);
        if (ownsHost)
        {
            await host.DisposeAsync();
        }
    }

    /// <summary>Hands a home's message to the server.</summary>
    internal void Deliver(string @namespace, HomeMessage message) => _receiver!.Receive(@namespace, message);

    /// <summary>Hands answers to the server.</summary>
    internal void Deliver(ServerMessage message) => _receiver!.Receive(message);

    private void ThrowIfDisposed(string what)
    {
        if (_disposed)
        {
            throw new DirectoryUnavailableException($"{what}: this directory has been disposed.");
        }
    }
}
