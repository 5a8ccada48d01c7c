using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// The list of servers, as a grain around <see cref="ServerList"/>, which here knows descriptions and leases only: answers wait in each server's own
/// grain. Its state is what servers repeat every few seconds, so a new activation soon has it again.
/// </summary>
[GrainType("orleansadapter.serverlist"), Reentrant, OnDirectorySilo]
internal sealed class ServerListGrain : Grain, IServerListGrain, IServersOutput
{
    private readonly ServerList _list;
    private readonly Dictionary<ServerId, long> _deaths = [];
    private readonly long _deathMemory;
    private readonly TimeSpan _period;
    private readonly ClusterOptions _cluster;
    private readonly IEnumerable<IDeathListener> _listeners;
    private readonly DeadServers _deadServers;
    private readonly DirectoryMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ImmutableHashSet<ServerId> _dead = [];
    private int _count;

    public ServerListGrain(
        IOptions<DirectoryOptions> options,
        IOptions<ClusterOptions> cluster,
        IEnumerable<IDeathListener> listeners,
        DeadServers deadServers,
        DirectoryMetrics metrics,
        TimeProvider time,
        ILogger<ServerListGrain> logger)
    {
        _list = new ServerList(options.Value.Servers, this, Random.Shared);
        _deathMemory = options.Value.Servers.DeathMemory;
        _period = TickPeriod.OfLeases(options.Value.Servers.PauseThreshold);
        _cluster = cluster.Value;
        _listeners = listeners;
        _deadServers = deadServers;
        _metrics = metrics;
        _time = time;
        _logger = logger.Bounded(time);
    }

    private long Now => _time.Milliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _metrics.Observe(this, () => (_count, 0));
        this.RegisterGrainTimer(static (grain, _) => grain.TickAsync(), this, new GrainTimerCreationOptions(_period, _period) { KeepAlive = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _metrics.Forget(this);
        return Task.CompletedTask;
    }

    public Task<Greeting> Greet(Greeting greeting) =>
        Task.FromResult(new Greeting(_cluster.ClusterId, _cluster.ServiceId, ProtocolVersion.Oldest, ProtocolVersion.Current));

    public Task Describe(MailboxBatch description)
    {
        foreach (var bytes in description.Messages)
        {
            _list.Receive(MessageCodec.ReadServerMessage(bytes), Now);
        }
        return Task.CompletedTask;
    }

    public Task<MailboxBatch> List(byte version)
    {
        version = Math.Clamp(version, ProtocolVersion.Oldest, ProtocolVersion.Current);
        return Task.FromResult(new MailboxBatch([.. _list.List().Select(description => Wire.Write(new Describe(description, 0, 0), version))]));
    }

    public Task Resign(ServerId process) => RemoveAsync(process.Process, []);

    public Task ReportDeath(ServerId process) => RemoveAsync(process.Process, _listeners);

    private async Task RemoveAsync(ServerId process, IEnumerable<IDeathListener> listeners)
    {
        _list.ReportDeath(process, Now);
        _deaths[process] = Now;
        foreach (var listener in listeners)
        {
            await listener.DiedAsync(process);
        }
        var homes = await GrainFactory.GetGrain<IManagementGrain>(0).GetActiveGrains(HomeGrain.Type);
        var told = homes.Select(home => GrainFactory.GetGrain<IHomeGrain>(home).ReportDeath(process)).ToList();
        told.Add(GrainFactory.GetGrain<IServerMessagesGrain>(process.ToString()).ReportDeath());
        await Task.WhenAll(told);
    }

    public Task<ServerId[]> RecentDeaths()
    {
        foreach (var (process, since) in _deaths)
        {
            if (Now - since > _deathMemory)
            {
                _deaths.Remove(process);
            }
        }
        return Task.FromResult<ServerId[]>([.. _deaths.Keys]);
    }

    void IServersOutput.Send(ServerId process, ServerMessage message)
    {
    }

    void IServersOutput.Added(ServerDescription server) => DirectoryLog.ServerAdded(_logger, server.Name, server.Process);

    void IServersOutput.Removed(ServerDescription server, RemovalReason reason) => DirectoryLog.ServerRemoved(_logger, server.Name, server.Process, reason);

    void IServersOutput.Refused(Answer answer, AnswerRefusal reason)
    {
    }

    /// <summary>Whoever died with a silo, its doors above all, is not listed until its lease ends.</summary>
    private void LearnDeadSilos()
    {
        foreach (var server in _deadServers.Since(ref _dead))
        {
            _list.ReportDeath(server, Now);
        }
    }

    private Task TickAsync()
    {
        LearnDeadSilos();
        _list.Tick(Now);
        _count = _list.Count;
        return Task.CompletedTask;
    }
}

/// <summary>Does what else the death of a process asks for, before the homes hear of it.</summary>
internal interface IDeathListener
{
    Task DiedAsync(ServerId process);
}
