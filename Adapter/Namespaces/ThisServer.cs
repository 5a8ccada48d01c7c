using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Replication;
using OrleansAdapter.Requests;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// This process as a server of the cluster: its namespaces, its link to the directory, and its requests. One per process; started and stopped by
/// the host.
/// </summary>
internal sealed class ThisServer : IDirectoryReceiver, IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Namespace> _requests = new();
    private readonly AnswerExchange _answers;
    private readonly ILogger _logger;
    private readonly ILogger _namespaceLogger;
    private readonly DateTimeOffset _started;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private Task? _heartbeat;
    private long _lastRequest = Random.Shared.NextInt64(1L << 40);
    private bool _running;
    private int _disposed;
    private int _pending;

    /// <summary>Made by the host's container.</summary>
    public ThisServer(IDirectory directory, IOptions<OrleansAdapterOptions> options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters)
    {
        Directory = directory;
        Options = options.Value;
        Time = time;
        _logger = loggers.CreateLogger<ThisServer>().Bounded(time);
        _namespaceLogger = loggers.CreateLogger<Namespace>().Bounded(time);
        _started = time.GetUtcNow();
        Metrics = new AdapterMetrics(meters);
        Sockets = new SocketFigures(Draining);
        Metrics.Observe(Sockets.Count, Sockets.QueuedBytes, Sockets.SlowClients, Kept);
        FirstLife = Options.ServerId is { } chosen && ServerId.TryParse(chosen, out var id) ? id.Process.NextIncarnation() : ServerId.NewProcess();
        NextLife = FirstLife;
        var lease = (long)Options.HeartbeatTimeout.TotalMilliseconds;
        _answers = new AnswerExchange(Process, Describe, lease, Directory.Send, Take, AnswersLost);
        var renew = (long)Options.LeaseRenewal.TotalMilliseconds;
        ReplicaOptions = new ReplicaOptions { Lease = lease, RenewEvery = renew, OperationTimeout = (long)Options.RequestsTimeout.TotalMilliseconds };
        // From now on, and not from the start on: what is asked of a server that never starts ends as well.
        _timer = time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>The process part of this server's id.</summary>
    public ServerId Process => FirstLife.Process;

    /// <summary>The directory that the server is linked to.</summary>
    public IDirectory Directory { get; }

    /// <summary>The namespaces in use.</summary>
    public IEnumerable<Namespace> Namespaces => _namespaces.Values;

    /// <summary>Where other servers reach this one, <see cref="ServerDescription.Address"/>; null where they cannot.</summary>
    public string? Address { get; internal set; }

    /// <summary>Whether this server is leaving the cluster: it takes no new clients, and is not to be given any.</summary>
    public bool IsDraining => Draining.IsDraining;

    /// <summary>Whether it has reached the directory, and so begun to register in its namespaces.</summary>
    public bool IsStarted => Volatile.Read(ref _running);

    internal DrainState Draining { get; } = new();

    /// <summary>What namespaces hold for clients that may come back; of those that metrics show as one, all together.</summary>
    private IEnumerable<(string In, long Away, long Bytes)> Kept() =>
        from @namespace in _namespaces.Values
        where @namespace.Kept is not null
        group @namespace.Kept!.Value by @namespace.MetricName into same
        select (same.Key, same.Sum(kept => kept.Away), same.Sum(kept => kept.Bytes));

    /// <summary>The sockets, for metrics.</summary>
    internal SocketFigures Sockets { get; }

    internal ServerId FirstLife { get; }

    /// <summary>With which life a new namespace begins.</summary>
    internal ServerId NextLife { get; private set; }

    internal OrleansAdapterOptions Options { get; }

    internal ReplicaOptions ReplicaOptions { get; }

    internal TimeProvider Time { get; }

    internal AdapterMetrics Metrics { get; }

    /// <summary>How many requests of this server have not ended.</summary>
    internal int PendingRequestCount => Volatile.Read(ref _pending);

    /// <summary>Limits how many large answers are made at a time.</summary>
    internal SemaphoreSlim Answering { get; } = new(Environment.ProcessorCount);

    internal long Now => Time.Milliseconds();

    /// <summary>
    /// A namespace by its name, which begins with a slash; it is put before a name that does not. Made, and registered with the directory, on first use.
    /// </summary>
    public Namespace Of(string name) => Of(name, mayBeRemoved: false);

    /// <summary>The same; a namespace that everybody who asked for it said may be removed can be.</summary>
    internal Namespace Of(string name, bool mayBeRemoved)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name[0] != '/')
        {
            name = "/" + name;
        }
        return _namespaces.TryGetValue(name, out var known) && (mayBeRemoved || known.IsKept) ? known : Add(name, mayBeRemoved);
    }

    /// <summary>
    /// Leaves a namespace in which no socket is any more, unless somebody else uses it. What waits there ends, its outcome unknown. The directory forgets this
    /// server there when the lease lapses.
    /// </summary>
    internal void Remove(Namespace @namespace)
    {
        lock (_namespaces)
        {
            if (@namespace.IsKept || !_namespaces.TryRemove(new(@namespace.Name, @namespace)))
            {
                return;
            }
            // What is made anew under the name must not be taken for it.
            NextLife = (@namespace.Life > NextLife ? @namespace.Life : NextLife).NextIncarnation();
        }
        _ = LeaveAsync(@namespace);

        async Task LeaveAsync(Namespace left)
        {
            await left.StopAsync().ConfigureAwait(false);
            lock (_namespaces)
            {
                if (!_namespaces.ContainsKey(left.Name))
                {
                    Directory.Forget(left.Name);
                }
            }
        }
    }

    /// <summary>The servers of the cluster, by what each last told of itself.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now, or this server does not start.</exception>
    public async Task<IReadOnlyList<ServerDescription>> ServersAsync(CancellationToken cancellationToken = default)
    {
        if (!IsStarted)
        {
            try
            {
                await _linked.Task.WaitAsync(Options.RequestsTimeout, Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException exception)
            {
                throw new DirectoryUnavailableException($"The servers cannot be listed: {OperationException.NotStarted}", exception);
            }
        }
        return await Directory.ServersAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Links to the directory and registers in the configured namespaces; returns when the server is registered in all of them and sees the others.
    /// </summary>
    /// <exception cref="DirectoryRefusedException">The directory refuses this server for good.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Options.Namespaces)
        {
            Of(name);
        }
        await Directory.StartAsync(Process, this, cancellationToken).ConfigureAwait(false);
        lock (_namespaces)
        {
            _running = true;
            foreach (var @namespace in _namespaces.Values)
            {
                @namespace.Start();
            }
        }
        _linked.TrySetResult();
        var start = new ServerStart(this, _logger);
        if (Options.IsWarmUp)
        {
            await start.RegisterAsync(cancellationToken).ConfigureAwait(false);
            return;
        }
        _heartbeat = HeartbeatAsync();
        await start.RegisterAsync(cancellationToken).ConfigureAwait(false);
        await start.SeeOthersAsync(cancellationToken).ConfigureAwait(false);
        AdapterLog.Registered(_logger, Process, Options.ServerName, _namespaces.Count);
    }

    /// <summary>Leaves the directory for good: nothing is published any more, and what waits ends. Returns when the directory has taken note.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory cannot be reached now; it will notice by itself, later.</exception>
    internal async Task ResignAsync(CancellationToken cancellationToken)
    {
        if (!Volatile.Read(ref _running))
        {
            return;
        }
        await Task.WhenAll(_namespaces.Values.Select(n => n.StopAsync())).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!Options.IsWarmUp)
        {
            // Every home of the cluster hears of it. One that warmed up is known to a home of its own alone, which ends with its lease.
            await Directory.ReportDeathAsync(Process, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        if (_heartbeat is not null)
        {
            await _heartbeat.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(_namespaces.Values.Select(n => n.StopAsync())).ConfigureAwait(false);
        await Directory.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
        _stopping.Dispose();
    }

    void IDirectoryReceiver.Receive(string @namespace, HomeMessage message)
    {
        if (_namespaces.TryGetValue(@namespace, out var known))
        {
            known.Enqueue(new ReceiveItem(message));
        }
    }

    void IDirectoryReceiver.Receive(ServerMessage message)
    {
        if (message is Answers answers)
        {
            _answers.Receive(answers, Now);
        }
    }

    void IDirectoryReceiver.Connected()
    {
        _answers.Connected(Now);
        foreach (var @namespace in _namespaces.Values)
        {
            if (Volatile.Read(ref _running))
            {
                @namespace.Enqueue(ConnectedItem.Instance);
            }
        }
    }

    internal long NewRequest(Namespace owner)
    {
        if (Interlocked.Increment(ref _pending) > Options.MaximumPendingRequests)
        {
            Interlocked.Decrement(ref _pending);
            throw new TooManyRequestsException(Options.MaximumPendingRequests);
        }
        var id = Interlocked.Increment(ref _lastRequest);
        _requests[id] = owner;
        return id;
    }

    internal void RequestEnded(long id)
    {
        if (_requests.TryRemove(id, out _))
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    internal void Send(Answer answer) => _answers.Send(answer, Now);

    private Namespace Add(string name, bool mayBeRemoved)
    {
        lock (_namespaces)
        {
            if (_namespaces.TryGetValue(name, out var added))
            {
                added.IsKept |= !mayBeRemoved;
            }
            else
            {
                added = _namespaces[name] = new Namespace(this, name, _namespaceLogger) { IsKept = !mayBeRemoved };
                if (_running)
                {
                    added.Start();
                }
                if (Volatile.Read(ref _disposed) != 0)
                {
                    _ = added.StopAsync(); // who comes that late is told at once
                }
            }
            return added;
        }
    }

    private void Take(Answer answer)
    {
        if (_requests.TryGetValue(answer.Request, out var owner))
        {
            owner.Enqueue(new AnswerItem(answer));
        }
    }

    private void AnswersLost()
    {
        foreach (var @namespace in _namespaces.Values)
        {
            @namespace.Enqueue(AnswersLostItem.Instance);
        }
    }

    private int CountSockets() => _namespaces.Values.Sum(n => n.HeldSockets);

    private void Tick()
    {
        foreach (var @namespace in _namespaces.Values)
        {
            @namespace.Tick();
        }
        if (IsStarted)
        {
            _answers.Check(PendingRequestCount > 0, Now);
        }
    }

    private ServerDescription Describe() => new(Process, Options.ServerName, _started, CountSockets(), Address);

    private async Task HeartbeatAsync()
    {
        using var timer = new PeriodicTimer(Options.HeartbeatInterval, Time);
        do
        {
            _answers.Describe();
        }
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));
    }
}
