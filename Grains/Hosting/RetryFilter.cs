using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains;

/// <summary>Makes an Orleans client that starts wait for its cluster, however long that takes, and log what it waits for.</summary>
internal sealed class RetryFilter(IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<RetryFilter> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(200);

    private readonly WaitWarning _warning = new(time);

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_warning.IsDue())
        {
            DirectoryLog.WaitsForSilo(logger.Bounded(time), cluster.Value.ClusterId, (long)_warning.Waited.TotalSeconds, exception);
        }
        await Task.Delay(TryAgainAfter, time, cancellationToken).ConfigureAwait(false);
        return !cancellationToken.IsCancellationRequested;
    }
}
