using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Threading;

namespace OrleansAdapter.RateLimiting;

/// <summary>The limits that the options set, and who has used up how much of them. One per process, as its metrics are.</summary>
internal sealed class RateLimits : IDisposable
{
    /// <summary>How often what is not needed any more is dropped.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly RateLimitOptions _options;
    private readonly AdapterMetrics _metrics;
    private readonly ILogger _logger;
    private readonly AddressKeys _keys;
    private readonly LimiterTable<string>? _users;
    private readonly LimiterTable<UInt128>? _addresses;
    private readonly LimiterTable<UInt128>? _connections;
    private readonly ITimer? _sweep;

    public RateLimits(
        IOptions<RateLimitOptions> options, IOptions<ForwardedHeadersOptions> forwarded, AdapterMetrics metrics, ILogger<RateLimits> logger, TimeProvider time)
    {
        _options = options.Value;
        (_metrics, _logger) = (metrics, logger.Bounded(time));
        _keys = new AddressKeys(
            [
                .. _options.SharedAddresses.Select(shared => AddressKeys.TryParse(shared, out var network) ? network : default),
                .. forwarded.Value.KnownProxies.Select(AddressKeys.Single),
                .. forwarded.Value.KnownIPNetworks,
            ],
            _options.IPv6PrefixLength);
        _users = Table<string>(_options.PerUser);
        _addresses = Table<UInt128>(_options.PerAddress);
        _connections = Table<UInt128>(_options.ConnectionsPerAddress);
        LimitMessages = _users is not null || _addresses is not null || _options.PerConnection is not null || _options.Events.Count > 0;
        if (_users is not null || _addresses is not null || _connections is not null)
        {
            _sweep = time.CreateTimer(static limits => ((RateLimits)limits!).Sweep(), this, SweepInterval, SweepInterval);
        }
    }

    /// <summary>Whether what clients send is limited at all.</summary>
    public bool LimitMessages { get; }

    /// <summary>How many users and addresses are remembered.</summary>
    public int Remembered => (_users?.Count ?? 0) + (_addresses?.Count ?? 0) + (_connections?.Count ?? 0);

    /// <summary>Takes a permit for one more connection from this address; null where it may be opened.</summary>
    public RateLimitException? TakeConnection(IPAddress? address)
    {
        if (_connections is null || _keys.Of(address) is not { } key || _connections.TryTake(key, out var retryAfter))
        {
            return null;
        }
        return Refuse("connections", "connections from this address", retryAfter);
    }

    /// <summary>What limits one connection; null where nothing does.</summary>
    public ConnectionLimits? Of(IPAddress? address) => LimitMessages ? new ConnectionLimits(this, _keys.Of(address)) : null;

    public void Sweep()
    {
        _users?.Sweep();
        _addresses?.Sweep();
        _connections?.Sweep();
    }

    public void Dispose() => _sweep?.Dispose();

    internal RateLimiter? NewForConnection() => _options.PerConnection?.NewLimiter();

    /// <summary>The limit of an event, and by which name of the options it has it.</summary>
    internal (string Name, RateLimit Limit)? LimitOf(string @event) =>
        _options.Events.TryGetValue(@event, out var own) ? (@event, own)
        : _options.Events.TryGetValue(RateLimitOptions.OtherEvents, out var others) ? (RateLimitOptions.OtherEvents, others)
        : null;

    internal RateLimitException? TakeShared(string? user, UInt128? address)
    {
        if (_users is not null && user is not null && !_users.TryTake(user, out var retryAfter))
        {
            return Refuse("user", "messages of this user", retryAfter);
        }
        if (_addresses is not null && address is { } key && !_addresses.TryTake(key, out retryAfter))
        {
            return Refuse("address", "messages from this address", retryAfter);
        }
        return null;
    }

    internal RateLimitException Refuse(string limit, string what, TimeSpan? retryAfter)
    {
        _metrics.RateLimited(limit);
        var refusal = new RateLimitException(what, retryAfter);
        AdapterLog.RateLimited(_logger, refusal.Message);
        return refusal;
    }

    private LimiterTable<TKey>? Table<TKey>(RateLimit? rate)
        where TKey : notnull => rate is null ? null : new LimiterTable<TKey>(rate, _options.MaxRemembered);
}
