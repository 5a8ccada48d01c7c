using OrleansAdapter.Grains.InProcess;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>
/// A server's way to an in-process directory that may die: while there is none, what is sent is lost, and the next one is told of as a connection.
/// </summary>
internal sealed class RestartableDirectory(RestartableDirectory.Place place) : IDirectory
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InProcessDirectory? _inner;
    private IDirectoryReceiver? _receiver;
    private ServerId _process;

    public async Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        (_process, _receiver) = (process, receiver);
        place.Add(this);
        await _started.Task.WaitAsync(cancellationToken);
    }

    public IDirectory Another() => new RestartableDirectory(place);

    public void Send(string @namespace, WorkerMessage message) => Inner?.Send(@namespace, message);

    public void Send(ServerMessage message) => Inner?.Send(message);

    public Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken) =>
        Inner is { } inner ? inner.ServersAsync(cancellationToken) : throw new DirectoryUnavailableException("Listing servers: the directory is away.");

    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken) =>
        Inner is { } inner
            ? inner.ReportDeathAsync(process, cancellationToken)
            : throw new DirectoryUnavailableException("Reporting a death: the directory is away.");

    public async ValueTask DisposeAsync()
    {
        place.Remove(this);
        if (_inner is not null)
        {
            await _inner.DisposeAsync();
        }
    }

    private InProcessDirectory? Inner => place.Host is null ? null : _inner;

    private async Task AttachAsync(DirectoryHost host)
    {
        _inner = new InProcessDirectory(host, ownsHost: false);
        await _inner.StartAsync(_process, _receiver!, CancellationToken.None);
        _started.TrySetResult();
    }

    /// <summary>Where the directory is, when there is one.</summary>
    internal sealed class Place
    {
        private readonly Lock _lock = new();
        private readonly List<RestartableDirectory> _directories = [];

        public DirectoryHost? Host { get; set; }

        public void Start(DirectoryHost host)
        {
            lock (_lock)
            {
                Host = host;
                _directories.ForEach(directory => _ = directory.AttachAsync(host));
            }
        }

        public void Add(RestartableDirectory directory)
        {
            lock (_lock)
            {
                _directories.Add(directory);
                if (Host is { } host)
                {
                    _ = directory.AttachAsync(host);
                }
            }
        }

        public void Remove(RestartableDirectory directory)
        {
            lock (_lock)
            {
                _directories.Remove(directory);
            }
        }
    }
}
