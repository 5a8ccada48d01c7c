using System.Globalization;
using StackExchange.Redis;

namespace Rides;

/// <summary>What a ride costs: a factor that each server has, and that all are told of when it changes.</summary>
public sealed class Prices(IConnectionMultiplexer redis) : IHostedService
{
    private static readonly RedisChannel Changes = RedisChannel.Literal("prices");

    private readonly LatestValue<double> _factor = new(1);

    public async Task StartAsync(CancellationToken cancellationToken) =>
        await redis.GetSubscriber().SubscribeAsync(Changes, (_, value) => _factor.Set(double.Parse(value.ToString(), CultureInfo.InvariantCulture)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tells all servers, this one as well.</summary>
    public Task SetAsync(double factor) => redis.GetSubscriber().PublishAsync(Changes, factor.ToString(CultureInfo.InvariantCulture));

    public IAsyncEnumerable<double> FollowAsync(CancellationToken cancellationToken) => _factor.FollowAsync(cancellationToken);
}
