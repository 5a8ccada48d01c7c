using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Grains.InProcess;

/// <summary>
/// The directory in one process: the homes of all namespaces, each made when the first message for it comes, the list of servers, and the ways
/// to the processes. It has the clock and the randomness that the state machines lack.
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

    /// <summary>Guards what follows: a home is made knowing every death, and a death is told to every home.</summary>
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

    /// <summary>Where it counts.</summary>
    public DirectoryMetrics Metrics { get; }

    /// <summary>The homes that exist.</summary>
    public ICollection<HomeHost> Homes => _homes.Values;

    /// <summary>Sets the way to a process. The newest wins.</summary>
    public void Attach(ServerId process, InProcessDirectory endpoint) => _endpoints[process.Process] = endpoint;

    /// <summary>The way to a process has ended; nothing happens where a newer one took its place.</summary>
    public void Detach(ServerId process, InProcessDirectory endpoint) => _endpoints.TryRemove(new(process.Process, endpoint));

    /// <summary>Hands a message to a namespace's home.</summary>
    public void Receive(string @namespace, WorkerMessage message) =>
        (_homes.TryGetValue(@namespace, out var home) ? home : MakeHome(@namespace)).Receive(message);

    /// <summary>Hands a message to the list of servers.</summary>
    public void Receive(ServerMessage message) => _servers.Receive(message);

    /// <summary>The servers that are registered.</summary>
    public Task<IReadOnlyList<ServerDescription>> ServersAsync() => _servers.ListAsync();

    /// <summary>A process is dead. Ends when the list of servers and every home that exists have taken note.</summary>
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

    /// <summary>A home has had no servers for a while; the next message for its namespace makes another one.</summary>
    public void Remove(HomeHost home)
    {
        lock (_gate)
        {
            _hasRemoved = true;
            _homes.TryRemove(new(home.Namespace, home));
        }
    }

    /// <summary>Sends a message of a home on the way to a process; without one it is lost.</summary>
    public void Send(ServerId process, string @namespace, HomeMessage message)
    {
        if (_endpoints.TryGetValue(process, out var endpoint))
        {
            endpoint.Deliver(@namespace, message);
        }
    }

    /// <summary>Sends answers on the way to a process; without one they are lost.</summary>
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
