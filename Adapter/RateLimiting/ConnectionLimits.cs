using System.Threading.RateLimiting;

namespace OrleansAdapter.RateLimiting;

/// <summary>What limits the messages of one connection. Safe under threads.</summary>
internal sealed class ConnectionLimits(RateLimits limits, UInt128? address)
{
    private readonly RateLimiter? _own = limits.NewForConnection();

    /// <summary>Takes a permit of the connection, its user and its address; null where the message may be handled.</summary>
    public RateLimitException? Take(string? user) => _own is not null && !Limiters.TryTake(_own, out var retryAfter)
        ? limits.Refuse("connection", "messages of this connection", retryAfter)
        : limits.TakeShared(user, address);

    /// <summary>What limits its socket in one namespace.</summary>
    public SocketLimits ForSocket(string? user) => new(limits, this, user);
}

/// <summary>What limits the events of one socket, or the calls of one SignalR connection. Safe under threads.</summary>
internal sealed class SocketLimits(RateLimits limits, ConnectionLimits connection, string? user)
{
    private readonly Lock _lock = new();

    /// <summary>By the names of the options, so that what clients send does not make it grow.</summary>
    private Dictionary<string, RateLimiter>? _events;

    /// <summary>Takes a permit for one message, of all that limits it; null where it may be handled.</summary>
    public RateLimitException? Take(string @event)
    {
        if (limits.LimitOf(@event) is var (name, limit))
        {
            lock (_lock)
            {
                _events ??= new(StringComparer.OrdinalIgnoreCase);
                if (!_events.TryGetValue(name, out var limiter))
                {
                    _events[name] = limiter = limit.NewLimiter();
                }
                if (!Limiters.TryTake(limiter, out var retryAfter))
                {
                    return limits.Refuse("event", "messages of this kind", retryAfter);
                }
            }
        }
        return connection.Take(user);
    }
}
