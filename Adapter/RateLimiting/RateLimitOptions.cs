using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter;

/// <summary>
/// How much clients may send, whichever protocol they speak. All is off until it is set. This server counts alone: on N servers, a user or an address has N
/// times as much. Section <c>OrleansAdapter:RateLimits</c>. Validated when the host starts.
/// </summary>
/// <remarks>
/// A message is an event of Socket.IO, an attempt to come into a namespace, or a call of a hub's method; answers to the server, pings and the items of a stream
/// are none. One that is over a limit is not handled: a client that asked for an answer gets one that says so, and it is counted
/// (<c>orleansadapter.ratelimits.refused</c>).
/// </remarks>
public sealed class RateLimitOptions
{
    /// <summary>The name that stands for all events that have no limit of their own, in <see cref="Events"/>.</summary>
    public const string OtherEvents = "*";

    /// <summary>
    /// How often one socket may send certain events, or call certain methods of its hub, by their names; case does not matter. Those that are not named share
    /// the limit of <see cref="OtherEvents"/>, if there is one.
    /// </summary>
    public IDictionary<string, RateLimit> Events { get; } = new Dictionary<string, RateLimit>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many messages one connection may send, in all of its namespaces together. Default: any number.</summary>
    public RateLimit? PerConnection { get; set; }

    /// <summary>How many messages all connections of one user may send. Clients without a user are not concerned. Default: any number.</summary>
    public RateLimit? PerUser { get; set; }

    /// <summary>How many messages all clients at one address may send. Default: any number.</summary>
    public RateLimit? PerAddress { get; set; }

    /// <summary>How many connections clients at one address may open; who is refused gets status 429. Default: any number.</summary>
    public RateLimit? ConnectionsPerAddress { get; set; }

    /// <summary>
    /// Addresses and networks that many clients share, which therefore are no address of one: <c>10.1.2.3</c>, <c>10.0.0.0/8</c>. Loopback is one, as are the
    /// known proxies and networks of <c>ForwardedHeadersOptions</c>: behind proxies, <c>UseForwardedHeaders</c> brings the client's own address.
    /// </summary>
    public ISet<string> SharedAddresses { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>How many leading bits of an IPv6 address count as one address. Default 64: a home has that many, and more addresses than it can use.</summary>
    public int IPv6PrefixLength { get; set; } = 64;

    /// <summary>
    /// How many users, and how many addresses, are remembered at a time for each limit; beyond it the one that was heard of longest ago is forgotten, and
    /// begins anew. Those that have all of their permits again are forgotten anyway. Default 100,000, which takes about 50 MB.
    /// </summary>
    public int MaxRemembered { get; set; } = 100_000;
}

/// <summary>How often something may be done: a bucket of permits that fills at an even pace.</summary>
public sealed class RateLimit
{
    /// <summary>To be set by configuration.</summary>
    public RateLimit()
    {
    }

    /// <summary>So many in such a time.</summary>
    public RateLimit(int permits, TimeSpan period, int? burst = null) => (Permits, Period, Burst) = (permits, period, burst);

    /// <summary>How many permits come in <see cref="Period"/>.</summary>
    public int Permits { get; set; }

    /// <summary>The time in which they come. Default 1 s.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many permits may be saved up, and so used at once. Default: <see cref="Permits"/>.</summary>
    public int? Burst { get; set; }

    /// <summary>
    /// Makes another limiter in the place of the bucket, for one socket, connection, user or address. Its <c>AttemptAcquire</c> must not wait, and what it
    /// leases is given back at once: a <see cref="ConcurrencyLimiter"/> limits nothing here.
    /// </summary>
    public Func<RateLimiter>? Limiter { get; set; }

    internal RateLimiter NewLimiter() => Limiter?.Invoke() ?? new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = Burst ?? Permits,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = Period / Permits,
        AutoReplenishment = false,
        QueueLimit = 0,
    });
}

/// <summary>The one place that says which limits are valid.</summary>
internal sealed class RateLimitOptionsValidator : IValidateOptions<RateLimitOptions>
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, RateLimitOptions options)
    {
        List<string> wrong = [];
        Check(wrong, options.PerConnection, nameof(options.PerConnection));
        Check(wrong, options.PerUser, nameof(options.PerUser));
        Check(wrong, options.PerAddress, nameof(options.PerAddress));
        Check(wrong, options.ConnectionsPerAddress, nameof(options.ConnectionsPerAddress));
        foreach (var (@event, limit) in options.Events)
        {
            Check(wrong, limit, $"{nameof(options.Events)}[\"{@event}\"]");
        }
        if (options.IPv6PrefixLength is < 1 or > 128)
        {
            wrong.Add(Text($"{nameof(options.IPv6PrefixLength)} must be between 1 and 128."));
        }
        if (options.MaxRemembered < 1)
        {
            wrong.Add(Text($"{nameof(options.MaxRemembered)} must be positive."));
        }
        wrong.AddRange(options.SharedAddresses.Where(shared => !AddressKeys.TryParse(shared, out _)).Select(shared => Text(
            $"{nameof(options.SharedAddresses)} has \"{shared}\", which is neither an address nor a network (10.1.2.3, 10.0.0.0/8, 2001:db8::/32).")));
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static void Check(List<string> wrong, RateLimit? limit, string what)
    {
        if (limit is null || limit.Limiter is not null)
        {
            return;
        }
        if (limit.Permits is < 1 or > 1_000_000)
        {
            wrong.Add(Text($"{what}.{nameof(limit.Permits)} must be between 1 and 1,000,000."));
        }
        if (limit.Period < TimeSpan.FromMilliseconds(1) || limit.Period > LongestPeriod)
        {
            wrong.Add(Text($"{what}.{nameof(limit.Period)} must be between a millisecond and a day."));
        }
        if (limit.Burst < 1)
        {
            wrong.Add(Text($"{what}.{nameof(limit.Burst)} must be positive."));
        }
        if (limit.Permits > 0 && limit.Period / limit.Permits < TimeSpan.FromTicks(1))
        {
            wrong.Add(Text($"{what} has more permits than its period has tenths of a microsecond."));
        }
    }

    private static string Text(string what) => $"{nameof(RateLimitOptions)}.{what}";
}
