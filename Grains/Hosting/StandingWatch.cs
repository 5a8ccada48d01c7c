using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>
/// Keeps this silo sure of its place: reads the table of silos again and again, and asks the silos of other machines while it cannot
/// (<see cref="Grains.Standing"/>). Does nothing where all silos are on one machine.
/// </summary>
internal sealed class StandingWatch : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>So many reads may be under way: where the database does not answer, each of them may wait for long.</summary>
    private const int MaximumReads = 3;

    private readonly IServiceProvider _services;
    private readonly SiloAddress _own;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _every;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Dictionary<string, SiloAddress[]> _others = [];
    private Task _running = Task.CompletedTask;
    private WaitWarning? _warning;
    private int _reads;
    private bool _wasActive;
    private bool _warned;

    public StandingWatch(
        IServiceProvider services,
        Machines machines,
        ILocalSiloDetails silo,
        IOptions<DirectoryOptions> directory,
        IOptions<ClusterMembershipOptions> membership,
        TimeProvider time,
        ILogger<StandingWatch> logger)
    {
        (_services, _own, _time, _logger) = (services, silo.SiloAddress, time, logger.Bounded(time));
        var validity = ValidityOf(directory.Value.Homes, membership.Value);
        _every = validity / 4;
        Standing = machines.Own is null ? null : new Standing((long)validity.TotalMilliseconds);
    }

    /// <summary>Whether this silo is sure of its place; null where it always is, as there is no other machine.</summary>
    public Standing? Standing { get; }

    /// <summary>
    /// For how long a read of the table counts: less than a new home holds at least, which another silo may start as soon as the table has this one as dead;
    /// and less than silos take to declare one dead that they do not hear.
    /// </summary>
    public static TimeSpan ValidityOf(HomeOptions homes, ClusterMembershipOptions membership)
    {
        var probe = membership.ProbeTimeout < membership.MinProbeTimeout ? membership.ProbeTimeout : membership.MinProbeTimeout;
        var death = probe * Math.Max(1, membership.NumMissedProbesLimit - 1);
        var hold = TimeSpan.FromMilliseconds(Math.Min(homes.Hold, homes.HoldForKnown));
        return (death < hold ? death : hold) * 0.75;
    }

    /// <summary>
    /// Whether a silo is active in the table, or ends in good order; false where it is declared dead. Null where the table says neither: the silo has not
    /// joined yet, or the table has lost what it had, as a Redis without persistence does when it starts again; silos write themselves into it anew.
    /// </summary>
    public static bool? IsActive(IEnumerable<MembershipEntry> members, SiloAddress silo) =>
        members.FirstOrDefault(member => member.SiloAddress.Equals(silo))?.Status switch
        {
            SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping => true,
            SiloStatus.Dead => false,
            _ => null,
        };

    public void Participate(ISiloLifecycle lifecycle)
    {
        if (Standing is not null)
        {
            lifecycle.Subscribe(nameof(StandingWatch), ServiceLifecycleStage.RuntimeGrainServices + 1, StartAsync, StopAsync);
        }
    }

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync(Standing!);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(Standing standing)
    {
        var table = _services.GetRequiredService<IMembershipTable>();
        using var timer = new PeriodicTimer(_every, _time);
        do
        {
            if (Volatile.Read(ref _reads) < MaximumReads)
            {
                Interlocked.Increment(ref _reads);
                _ = ReadAsync(standing, table);
            }
            if (_wasActive && standing.AsksOthers(_time.Milliseconds()))
            {
                Ask(standing);
            }
            Tell(standing);
        }
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));
    }

    private async Task ReadAsync(Standing standing, IMembershipTable table)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var began = _time.Milliseconds();
            Take(standing, began, await table.ReadAllAsync(_stopping.Token).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // It is read again soon; what comes of it, is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_logger, "the table of silos", exception);
        }
        finally
        {
            Interlocked.Decrement(ref _reads);
        }
    }

    private void Take(Standing standing, long began, MembershipTableData table)
    {
        var members = table.Members.Select(member => member.Item1).ToArray();
        if (IsActive(members, _own) is not { } isActive)
        {
            return;
        }
        lock (_lock)
        {
            _wasActive = true;
            _others = members.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Endpoint.Address.Equals(_own.Endpoint.Address))
                .GroupBy(member => member.SiloAddress.Endpoint.Address.ToString(), member => member.SiloAddress, StringComparer.Ordinal)
                .ToDictionary(machine => machine.Key, machine => machine.ToArray(), StringComparer.Ordinal);
        }
        standing.Read(began, isActive, _others.Keys);
        if (!isActive)
        {
            _ = EndAsync(table.Version);
        }
    }

    /// <summary>
    /// Orleans ends a silo that reads that it is dead. By itself it reads the table every few seconds, and more seldom where it could not, as after a cut.
    /// </summary>
    private async Task EndAsync(TableVersion version)
    {
        try
        {
            var membership = _services.GetRequiredService<IClusterMembershipService>();
            await membership.Refresh(new MembershipVersion(version.Version), _stopping.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The next read asks for it again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_logger, "the table of silos", exception);
        }
    }

    private void Ask(Standing standing)
    {
        Dictionary<string, SiloAddress[]> others;
        lock (_lock)
        {
            others = _others;
        }
        var services = _services.GetRequiredService<StandingServices>();
        foreach (var (machine, silos) in others)
        {
            foreach (var silo in silos)
            {
                _ = AskAsync(standing, machine, services.On(silo));
            }
        }
    }

    private async Task AskAsync(Standing standing, string machine, IStandingService silo)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var asked = _time.Milliseconds();
            standing.Answered(machine, asked, await silo.HasAsDead(_own).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // Then it was not heard.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DirectoryLog.CallLost(_logger, machine, exception);
        }
    }

    /// <summary>Who waits for a home of this silo learns from the log why.</summary>
    private void Tell(Standing standing)
    {
        var now = _time.Milliseconds();
        if (!_wasActive)
        {
            return;
        }
        if (standing.IsSure(now))
        {
            if (_warned)
            {
                DirectoryLog.SureAgain(_logger, (long)_warning!.Waited.TotalSeconds);
            }
            (_warning, _warned) = (null, false);
            return;
        }
        _warning ??= new WaitWarning(_time);
        if (_warning.IsDue())
        {
            _warned = true;
            DirectoryLog.NotSure(_logger, (long)_warning.Waited.TotalSeconds, standing.Why(now));
        }
    }
}
