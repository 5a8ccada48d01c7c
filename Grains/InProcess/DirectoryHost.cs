using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.InProcess;

/// <summary>
/// Hosts the directory in one process: the homes, each made when the first message for its namespace comes, and the list of servers. It brings the clock
/// and the randomness that the state machines lack, and delivers their messages.
/// </summary>
internal sealed class DirectoryHost : IAsyncDisposable
{
    private const int EpochRandomBits = 20;

    private readonly DirectoryHostOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly long _started;
    private readonly ServerListHost _servers;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<ServerId, InProcessDirectory> _endpoints = new();

    /// <summary>Guards what follows: a new home learns of every death, and every death is told to all homes.</summary>
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, HomeHost> _homes = new(StringComparer.Ordinal);
    private readonly Dictionary<ServerId, long> _dead = [];
    private readonly long _firstEpoch;
    private bool _hasRemoved;

    public DirectoryHost(DirectoryHostOptions options, DirectoryMetrics metrics, TimeProvider time, Random random, ILogger logger)
    {
        _options = options;
        _time = time;
        _random = random;
        _logger = logger;
        _started = time.GetTimestamp();
        _firstEpoch = NewEpoch(0);
        Metrics = metrics;
        _servers = new ServerListHost(this, options.Directory.Servers, new Random(random.Next()), logger);
        _timer = time.CreateTimer(static host => ((DirectoryHost)host!).Tick(), this, options.TickPeriod, options.TickPeriod);
    }

    /// <summary>Milliseconds since it started, by a clock that never goes back.</summary>
    public long Now => (long)_time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>The metrics that homes and the list of servers count in.</summary>
    public DirectoryMetrics Metrics { get; }

    /// <summary>The homes that exist.</summary>
    public ICollection<HomeHost> Homes => _homes.Values;

    /// <summary>Delivers messages for a process to this endpoint. The newest one wins.</summary>
    public void Attach(ServerId process, InProcessDirectory endpoint) => _endpoints[process.Process] = endpoint;

    /// <summary>Delivers no more messages to this endpoint, unless a newer one took its place already.</summary>
    public void Detach(ServerId process, InProcessDirectory endpoint) => _endpoints.TryRemove(new(process.Process, endpoint));

    /// <summary>Hands a message to a namespace's home.</summary>
    public void Receive(string @namespace, WorkerMessage message) =>
        (_homes.TryGetValue(@namespace, out var home) ? home : MakeHome(@namespace)).Receive(message);

    /// <summary>Hands a message to the list of servers.</summary>
    public void Receive(ServerMessage message) => _servers.Receive(message);

    /// <summary>The servers that are registered.</summary>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync() => _servers.ListAsync();

    /// <summary>Takes a dead process out of the list of servers and out of all rooms. Ends when all have taken note.</summary>
    public Task ReportDeathAsync(ServerId process)
    {
        process = process.Process;
        DeathReport report;
        lock (_gate)
        {
            _dead[process] = Now;
            report = new DeathReport(process, _homes.Count + 1);
            _servers.Receive(report);
            foreach (var (_, home) in _homes)
            {
                home.Receive(report);
            }
        }
        return report.Done;
    }

    /// <summary>Ends a home that has had no servers for a while. The next message for its namespace makes another one.</summary>
    public void Remove(HomeHost home)
    {
        lock (_gate)
        {
            _hasRemoved = true;
            _homes.TryRemove(new(home.Namespace, home));
        }
    }

    /// <summary>Delivers a home's message to a process; it is lost where the process is not attached.</summary>
    public void Send(ServerId process, string @namespace, HomeMessage message)
    {
        if (_endpoints.TryGetValue(process, out var endpoint))
        {
            endpoint.Deliver(@namespace, message);
        }
    }

    /// <summary>Delivers answers to a process; they are lost where the process is not attached.</summary>
    public void Send(ServerId process, ServerMessage message)
    {
        if (_endpoints.TryGetValue(process, out var endpoint))
        {
            endpoint.Deliver(message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        Metrics.Forget(_servers);
        foreach (var home in _homes.Values)
        {
            Metrics.Forget(home);
        }
    }

    private HomeHost MakeHome(string @namespace)
    {
        lock (_gate)
        {
            if (_homes.TryGetValue(@namespace, out var home))
            {
                return home;
            }
            var random = new Random(_random.Next());
            // Whoever remembers a home of this directory that is not there any more was removed from it.
            home = new HomeHost(
                this, @namespace, _options, random, NewEpoch(random.Next(1 << EpochRandomBits)), _hasRemoved ? _firstEpoch : long.MaxValue, _logger);
            foreach (var process in _dead.Keys)
            {
                home.Receive(new DeathReport(process, 1));
            }
            _homes[@namespace] = home;
            return home;
        }
    }

    private long NewEpoch(long random) => (_time.GetUtcNow().ToUnixTimeMilliseconds() << EpochRandomBits) | random;

    private void Tick()
    {
        _servers.Tick();
        foreach (var (_, home) in _homes)
        {
            home.Tick();
        }
        lock (_gate)
        {
            foreach (var (process, since) in _dead)
            {
                if (Now - since > _options.Directory.Homes.DeathMemory)
                {
                    _dead.Remove(process);
                }
            }
        }
    }
}
