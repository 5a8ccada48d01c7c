using OrleansAdapter.SignalR;

namespace Rides;

/// <summary>What a ride costs: a factor that each server has, and that all are told of when it changes.</summary>
public sealed class Prices(IHubNamespace<RideHub> hub) : IHostedService
{
    private readonly LatestValue<double> _factor = new(1);
    private readonly Lock _lock = new();
    private (DateTimeOffset At, double Factor) _last;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        hub.Namespace.OnServerSideEmit("price", e =>
        {
            Take(e.Argument<DateTimeOffset>(0), e.Argument<double>(1));
            return Task.FromResult<object?>(null);
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tells all servers: the others by an event, which does not come to this one.</summary>
    public async Task SetAsync(double factor)
    {
        var now = TimeProvider.System.GetUtcNow();
        Take(now, factor);
        await hub.Namespace.ServerSideEmitAsync("price", now, factor);
    }

    public IAsyncEnumerable<double> FollowAsync(CancellationToken cancellationToken) => _factor.FollowAsync(cancellationToken);

    /// <summary>The newest counts, so that all end with the same when two servers set it at once.</summary>
    private void Take(DateTimeOffset at, double factor)
    {
        lock (_lock)
        {
            if ((at, factor).CompareTo(_last) > 0)
            {
                _last = (at, factor);
                _factor.Set(factor);
            }
        }
    }
}
