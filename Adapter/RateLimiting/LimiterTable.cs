using System.Threading.RateLimiting;

namespace OrleansAdapter.RateLimiting;

/// <summary>
/// A limiter for each of many keys, as many as are in use: one that has all of its permits is as good as a new one, and is dropped. Bounded: beyond
/// <paramref name="limit"/> the one goes that was used longest ago. Safe under threads.
/// </summary>
internal sealed class LimiterTable<TKey>(RateLimit rate, int limit)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, RateLimiter Limiter)>> _places = [];

    /// <summary>The one that was used longest ago first.</summary>
    private readonly LinkedList<(TKey Key, RateLimiter Limiter)> _byUse = new();

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Takes a permit of the key's limiter.</summary>
    /// <param name="key">The key.</param>
    /// <param name="retryAfter">When it may be tried again, where it is refused and the limiter knows.</param>
    public bool TryTake(TKey key, out TimeSpan? retryAfter)
    {
        // The limiter is asked under the lock: so none is dropped that somebody is about to use, and a key never has two.
        lock (_lock)
        {
            if (_places.TryGetValue(key, out var place))
            {
                _byUse.Remove(place);
            }
            else
            {
                if (_places.Count >= limit)
                {
                    Drop(_byUse.First!);
                }
                _places[key] = place = new((key, rate.NewLimiter()));
            }
            _byUse.AddLast(place);
            return Limiters.TryTake(place.Value.Limiter, out retryAfter);
        }
    }

    /// <summary>Drops those that have all of their permits.</summary>
    public void Sweep()
    {
        lock (_lock)
        {
            for (var place = _byUse.First; place is not null;)
            {
                var next = place.Next;
                if (Limiters.IsFull(place.Value.Limiter))
                {
                    Drop(place);
                }
                place = next;
            }
        }
    }

    private void Drop(LinkedListNode<(TKey Key, RateLimiter Limiter)> place)
    {
        _places.Remove(place.Value.Key);
        _byUse.Remove(place);
        place.Value.Limiter.Dispose();
    }
}

/// <summary>What is done with limiters.</summary>
internal static class Limiters
{
    public static bool TryTake(RateLimiter limiter, out TimeSpan? retryAfter)
    {
        Replenish(limiter);
        using var lease = limiter.AttemptAcquire();
        retryAfter = !lease.IsAcquired && lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : null;
        return lease.IsAcquired;
    }

    /// <summary>Whether it has all of its permits, so that it remembers nothing.</summary>
    public static bool IsFull(RateLimiter limiter)
    {
        Replenish(limiter);
        return limiter.IdleDuration is not null;
    }

    /// <summary>Those that have no timer of their own give out what has come meanwhile when they are asked to.</summary>
    private static void Replenish(RateLimiter limiter)
    {
        if (limiter is ReplenishingRateLimiter { IsAutoReplenishing: false } replenishing)
        {
            replenishing.TryReplenish();
        }
    }
}
