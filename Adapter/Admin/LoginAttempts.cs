using System.Net;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.Admin;

/// <summary>
/// How soon an address may try to log in again: after each wrong password twice as long as after the one before, up to a minute. Bounded; safe under threads.
/// </summary>
internal sealed class LoginAttempts(TimeProvider time, int limit = 10_000)
{
    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>For how long a wrong password counts.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    private readonly AddressKeys _keys = new([], prefixLength: 64);
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, LinkedListNode<Attempts>> _places = [];

    /// <summary>The one that was used longest ago first.</summary>
    private readonly LinkedList<Attempts> _byUse = new();

    /// <summary>Begins an attempt, which <see cref="End"/> has to end.</summary>
    /// <returns>How long to wait instead; null where it has begun.</returns>
    public TimeSpan? Begin(IPAddress? address)
    {
        lock (_lock)
        {
            var attempts = Of(address);
            if (attempts.IsRunning)
            {
                return First;
            }
            if (attempts.Failures > 0 && attempts.NotBefore - time.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                return left;
            }
            attempts.IsRunning = true;
            return null;
        }
    }

    /// <summary>An attempt has ended.</summary>
    public void End(IPAddress? address, bool isGood)
    {
        lock (_lock)
        {
            var attempts = Of(address);
            attempts.IsRunning = false;
            if (isGood)
            {
                attempts.Failures = 0;
                return;
            }
            attempts.Failures = time.GetUtcNow() - attempts.NotBefore > Memory ? 1 : attempts.Failures + 1;
            var wait = First * Math.Pow(2, Math.Min(attempts.Failures - 1, 10));
            attempts.NotBefore = time.GetUtcNow() + (wait < Longest ? wait : Longest);
        }
    }

    private Attempts Of(IPAddress? address)
    {
        // All that is no address of one client shares a place.
        var key = _keys.Of(address) ?? UInt128.Zero;
        if (_places.TryGetValue(key, out var place))
        {
            _byUse.Remove(place);
        }
        else
        {
            if (_places.Count >= limit && _byUse.First is { } oldest)
            {
                _places.Remove(oldest.Value.Key);
                _byUse.Remove(oldest);
            }
            _places[key] = place = new(new Attempts(key));
        }
        _byUse.AddLast(place);
        return place.Value;
    }

    private sealed class Attempts(UInt128 key)
    {
        public UInt128 Key { get; } = key;

        public int Failures { get; set; }

        public DateTimeOffset NotBefore { get; set; }

        public bool IsRunning { get; set; }
    }
}
