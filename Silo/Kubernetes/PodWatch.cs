using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>
/// Declares silos dead whose pods are gone, so that the others need not find out, which takes seconds. Who is missing in a list, or told of as deleted, is
/// only suspected: Kubernetes is asked for each such pod by its name before. In any doubt nothing happens, as silos watch each other anyway.
/// </summary>
internal sealed class PodWatch(PodApi api, IPodSilos silos, TimeProvider time, ILogger<PodWatch> logger) : BackgroundService
{
    /// <summary>How often a silo looks whether it is to ask Kubernetes now.</summary>
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);

    /// <summary>Before Kubernetes is asked again, whether it failed or just ended a watch.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan TableLimit = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger.Bounded(time);

    /// <summary>Whether the log says that Kubernetes does not tell, and that the table cannot be read: each is said once, until it is over.</summary>
    private bool _podsUnknown, _silosUnknown;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = LooksEvery;
            if (silos.IsWatcher)
            {
                pause = Pause;
                await WatchAsync(stoppingToken);
            }
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Lists the pods, and follows what becomes of them until the API server ends that, or something fails.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await ListAsync(cancellationToken) is not { } list)
            {
                return;
            }
            await foreach (var uid in api.WatchAsync(list.Version, Begun, cancellationToken))
            {
                if (!silos.IsWatcher || await OthersAsync(cancellationToken) is not { } others)
                {
                    return;
                }
                await JudgeAsync(others.Where(silo => silo.Pod.Uid == uid), cancellationToken);
            }
        }
#pragma warning disable CA1031 // Whatever it is, Kubernetes is asked again, and the log says so.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_podsUnknown && !cancellationToken.IsCancellationRequested)
            {
                DirectoryLog.PodsUnknown(_logger, exception.Message, exception);
            }
            _podsUnknown = true;
        }

        void Begun()
        {
            if (_podsUnknown)
            {
                DirectoryLog.PodsAgain(_logger);
            }
            _podsUnknown = false;
        }
    }

    /// <summary>The table is read first: the pod of who joins later may not be in the list.</summary>
    private async Task<PodList?> ListAsync(CancellationToken cancellationToken)
    {
        if (await OthersAsync(cancellationToken) is not { } others)
        {
            return null;
        }
        var list = await api.ListAsync(cancellationToken);
        if (!list.Uids.Contains(silos.Own.Uid))
        {
            throw new InvalidOperationException(
                $"Of the pods with the labels orleans/serviceId and orleans/clusterId of this cluster, {list.Uids.Count} in number, none is this one, "
                + $"{silos.Own.Name} with the uid {silos.Own.Uid}: its template has to have both labels.");
        }
        await JudgeAsync(others.Where(silo => !list.Uids.Contains(silo.Pod.Uid)), cancellationToken);
        return list;
    }

    private async Task JudgeAsync(IEnumerable<PodSilo> suspects, CancellationToken cancellationToken)
    {
        foreach (var silo in suspects)
        {
            if (await api.IsGoneAsync(silo.Pod, cancellationToken))
            {
                DirectoryLog.PodGone(_logger, silo.Pod.Name, silo.Address.ToString());
                await TableAsync(() => silos.DeclareDeadAsync(silo), cancellationToken);
            }
        }
    }

    /// <summary>The other silos; null where the table cannot be read.</summary>
    private async Task<IReadOnlyList<PodSilo>?> OthersAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<PodSilo>? others = null;
        await TableAsync(async () => others = await silos.OthersAsync(), cancellationToken);
        return others;
    }

    /// <summary>What fails here is the table of silos, and not Kubernetes.</summary>
    private async Task TableAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask().WaitAsync(TableLimit, time, cancellationToken);
            if (_silosUnknown)
            {
                DirectoryLog.SilosAgain(_logger);
            }
            _silosUnknown = false;
        }
#pragma warning disable CA1031 // Whatever it is, the table is read again, and the log says so.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (!_silosUnknown)
            {
                DirectoryLog.SilosUnknown(_logger, exception.Message, exception);
            }
            _silosUnknown = true;
        }
    }
}
