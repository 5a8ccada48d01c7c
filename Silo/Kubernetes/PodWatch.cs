using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>
/// Declares silos dead whose pods Kubernetes says are gone, so that the others need not find out, which takes seconds. Without an answer of Kubernetes
/// nothing happens: silos watch each other anyway.
/// </summary>
internal sealed class PodWatch(PodApi api, string ownPod, IPodSilos silos, TimeProvider time, ILogger<PodWatch> logger) : BackgroundService
{
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>Between the end of a watch and the next list: a server that ends each at once is not asked without pause.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger.Bounded(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failed = false;
        while (true)
        {
            try
            {
                if (!silos.IsWatcher)
                {
                    await Task.Delay(LooksEvery, time, stoppingToken);
                    continue;
                }
                var pods = await ListAsync(stoppingToken);
                if (failed)
                {
                    DirectoryLog.PodsAgain(_logger);
                    failed = false;
                }
                await FollowAsync(pods, stoppingToken);
                await Task.Delay(Pause, time, stoppingToken);
                continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, Kubernetes is asked again, and the log says so.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failed = true;
                DirectoryLog.PodsUnknown(_logger, exception.Message, exception);
            }
            await Task.Delay(TriesAgainAfter, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Who is in the table, and in no pod that there is, is dead. The table is read first: the pod of who joins later may not be in the list.
    /// </summary>
    private async Task<PodList> ListAsync(CancellationToken cancellationToken)
    {
        var others = await silos.OthersAsync();
        var list = await api.ListAsync(cancellationToken);
        if (!list.Pods.Any(pod => pod.Name == ownPod))
        {
            throw new InvalidOperationException(
                $"Of the pods with the labels orleans/serviceId and orleans/clusterId of this cluster, {list.Pods.Count} in number, none is this one, "
                + $"{ownPod}: its template has to have both labels.");
        }
        foreach (var silo in others.Where(silo => !list.Pods.Any(pod => IsOf(silo, pod) && !pod.HasEnded)))
        {
            await DeclareDeadAsync(silo);
        }
        return list;
    }

    private async Task FollowAsync(PodList list, CancellationToken cancellationToken)
    {
        await foreach (var change in api.WatchAsync(list.Version, cancellationToken))
        {
            if (!silos.IsWatcher)
            {
                return;
            }
            if ((change.IsDeleted || change.Pod.HasEnded) && change.Pod.Name != ownPod)
            {
                foreach (var silo in (await silos.OthersAsync()).Where(silo => IsOf(silo, change.Pod)))
                {
                    await DeclareDeadAsync(silo);
                }
            }
        }
    }

    private async Task DeclareDeadAsync(PodSilo silo)
    {
        DirectoryLog.PodGone(_logger, silo.Pod, silo.Address.ToString());
        await silos.DeclareDeadAsync(silo);
    }

    /// <summary>A pod that takes another's place may have its name, as those of a StatefulSet do.</summary>
    private static bool IsOf(PodSilo silo, Pod pod) => silo.Pod == pod.Name && silo.Address.Endpoint.Address.ToString() == pod.Address;
}
