using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Streams;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// The directory for a server whose process is an Orleans client or a silo: it calls the grains, and hands their results and the events of the server's
/// mailbox streams to the receiver.
/// </summary>
internal sealed class OrleansDirectory : IDirectory
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(Rounds.LooksEvery);

    private readonly IClusterClient _client;
    private readonly ClusterOptions _cluster;
    private readonly TimeProvider _time;
    private readonly CancellationToken _ending;
    private readonly ConnectionWatch _connections;
    private readonly Func<OrleansDirectory> _another;
    private readonly ConcurrentDictionary<string, HomeLink> _homes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private IDirectoryReceiver? _receiver;
    private ServerLink? _server;
    private ITimer? _timer;
    private ServerId _process;
    private int _lost;

    public OrleansDirectory(
        IClusterClient client,
        IOptions<ClusterOptions> cluster,
        IOptions<DirectoryOptions> options,
        ConnectionWatch connections,
        TimeProvider time,
        ILogger<OrleansDirectory> logger,
        ClientEnd? clientEnd = null,
        Machines? machines = null,
        IHostApplicationLifetime? lifetime = null)
    {
        _another = () => new OrleansDirectory(client, cluster, options, connections, time, logger, clientEnd, machines, lifetime);
        _connections = connections;
        _client = client;
        _cluster = cluster.Value;
        _time = time;
        ClientEnd = clientEnd;
        Machine = machines is not null ? machines.Own : options.Value.Machine is { Length: > 0 } named ? named : null;
        _ending = lifetime?.ApplicationStopping ?? CancellationToken.None;
        Options = options.Value;
        Logger = logger.Bounded(time);
        Rounds = new Rounds(new RoundCalls(this));
    }

    public DirectoryOptions Options { get; }

    public ILogger Logger { get; }

    /// <summary>Ends the client in an orderly way; null where this process is a silo.</summary>
    public ClientEnd? ClientEnd { get; }

    /// <summary>The machine that this process is on; null where the cluster has one, or nobody has said.</summary>
    public string? Machine { get; }

    public TimeProvider Time => _time;

    /// <summary>The version of the protocol that the cluster and this server have in common.</summary>
    public byte Version { get; private set; } = ProtocolVersion.Oldest;

    public IStreamProvider Streams => _client.GetStreamProvider(Options.StreamProvider);

    /// <summary>Cancelled when this directory is disposed.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>When each home is asked, and with which others.</summary>
    public Rounds Rounds { get; }

    public IServerListGrain Servers => _client.GetGrain<IServerListGrain>(0);

    public IDirectoryReceiver Receiver => _receiver ?? throw NotStarted();

    public long Now => _time.Milliseconds();

    public IServerMessagesGrain ServerMessages(ServerId process) => _client.GetGrain<IServerMessagesGrain>(process.Process.ToString());

    public ISiloHomesGrain HomesOf(string silo) => _client.GetGrain<ISiloHomesGrain>(silo);

    /// <summary>What reaches the home of a namespace; null where this server is not in that.</summary>
    public HomeLink? LinkTo(string @namespace) => _homes.GetValueOrDefault(@namespace);

    public async Task StartAsync(ServerId process, IDirectoryReceiver receiver, CancellationToken cancellationToken)
    {
        if (_receiver is not null)
        {
            throw new InvalidOperationException("The directory has been started already.");
        }
        _receiver = receiver;
        _connections.Lost += ConnectionLost;
        _process = process.Process;
        _server = new ServerLink(this, process.Process);
        await ReachAsync(cancellationToken).ConfigureAwait(false);
        _timer = _time.CreateTimer(static self => ((OrleansDirectory)self!).Look(), this, LookEvery, LookEvery);
        receiver.Connected();
    }

    public IDirectory Another() => _another();

    public void Send(string @namespace, WorkerMessage message)
    {
        if (_receiver is null)
        {
            throw NotStarted();
        }
        if (!_stopping.IsCancellationRequested)
        {
            _homes.GetOrAdd(@namespace, static (name, self) => new HomeLink(self, name, self._client.GetGrain<IHomeGrain>(name)), this).Send(message);
        }
    }

    public void Forget(string @namespace)
    {
        if (_homes.TryRemove(@namespace, out var home))
        {
            _ = home.DisposeAsync().AsTask();
        }
    }

    public void Send(ServerMessage message)
    {
        if (!_stopping.IsCancellationRequested)
        {
            (_server ?? throw NotStarted()).Send(message);
        }
    }

    public async Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken)
    {
        var list = await AskAsync("listing the servers", () => Servers.List(Version), cancellationToken).ConfigureAwait(false);
        return [.. list.Messages.Select(bytes => ((Describe)MessageCodec.ReadServerMessage(bytes)).Description)];
    }

    public Task ReportDeathAsync(ServerId process, CancellationToken cancellationToken)
    {
        // A silo that is this very process is not to be declared dead: it ends by itself.
        var isOwn = process.Process == _process;
        return AskAsync(
            $"reporting the death of {process}",
            async () =>
            {
                await (isOwn ? Servers.Resign(process) : Servers.ReportDeath(process)).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }
        _connections.Lost -= ConnectionLost;
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
        var closing = Task.WhenAll(_homes.Values.Select(home => home.DisposeAsync().AsTask()).Append(_server?.DisposeAsync().AsTask() ?? Task.CompletedTask));
        await closing.WaitAsync(TimeSpan.FromSeconds(1), _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes note of a lost call. If the cluster itself cannot be reached, looks for it and tells the receiver when it is back.</summary>
    internal void CallFailed(string what, Exception exception)
    {
        DirectoryLog.CallLost(Logger, what, exception);
        // A grain that refuses because too much waits for it is there: sending again at once would be the opposite of what it asks for.
        if (_receiver is not null && exception is not LimitExceededException && !_stopping.IsCancellationRequested && Interlocked.Exchange(ref _lost, 1) == 0)
        {
            _ = ReconnectAsync(exception);
        }
    }

    private void ConnectionLost() => CallFailed("connection", new SiloUnavailableException("The connection to a silo ended."));

    private void Look() => Rounds.Look(_homes.Values.Select(home => home.Contact), Now);

    private async Task ReconnectAsync(Exception exception)
    {
        // A process that ends closes its connections itself; it may still need the directory, but nobody needs to be told.
        if (exception is not TimeoutException && !_ending.IsCancellationRequested)
        {
            DirectoryLog.Lost(Logger, exception);
        }
        try
        {
            await ReachAsync(_stopping.Token).ConfigureAwait(false);
            Volatile.Write(ref _lost, 0);
            Receiver.Connected();
        }
        catch (OperationCanceledException)
        {
            // disposed of
        }
        catch (DirectoryRefusedException refused)
        {
            DirectoryLog.Refused(Logger, refused);
        }
    }

    /// <summary>Calls the cluster until it answers.</summary>
    private async Task ReachAsync(CancellationToken cancellationToken)
    {
        var ours = new Greeting(_cluster.ClusterId, _cluster.ServiceId, Options.Versions.Oldest, Options.Versions.Current);
        var warning = new WaitWarning(_time);
        while (true)
        {
            try
            {
                Check(ours, await Servers.Greet(ours).WaitAsync(cancellationToken).ConfigureAwait(false));
                return;
            }
            catch (Exception exception) when (exception is not DirectoryRefusedException && !cancellationToken.IsCancellationRequested)
            {
                DirectoryLog.CallLost(Logger, "greeting", exception);
                if (warning.IsDue())
                {
                    DirectoryLog.WaitsForDirectory(Logger, (long)warning.Waited.TotalSeconds, exception);
                }
            }
            await Task.Delay(TryAgainAfter, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Check(Greeting ours, Greeting theirs)
    {
        if (ours.ClusterId != theirs.ClusterId || ours.ServiceId != theirs.ServiceId)
        {
            throw new DirectoryRefusedException(
                $"This process is configured for cluster \"{ours.ClusterId}\" and service \"{ours.ServiceId}\"; the silo it reached is of cluster "
                + $"\"{theirs.ClusterId}\" and service \"{theirs.ServiceId}\".");
        }
        try
        {
            Version = ProtocolVersion.Negotiate(
                new ProtocolRange(ours.OldestVersion, ours.CurrentVersion), new ProtocolRange(theirs.OldestVersion, theirs.CurrentVersion));
        }
        catch (ProtocolException exception)
        {
            throw new DirectoryRefusedException(exception.Message);
        }
    }

    private async Task<T> AskAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DirectoryUnavailableException(
                $"The Orleans cluster \"{_cluster.ClusterId}\" did not answer ({what}). Check that a silo runs and can be reached; it may be tried again.",
                exception);
        }
    }

    private static InvalidOperationException NotStarted() => new("The directory has not been started.");
}
