using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>
/// Draws epochs for homes. Where silos share a table, they grow with it: every death and every start of a silo raises its version, so a home that takes the
/// place of another silo's has a higher epoch whatever the clocks say. Without one, or within one version, the clock makes them grow.
/// </summary>
/// <param name="version">Reads the table's version; null where the table does not outlive its silo.</param>
/// <param name="time">The clock.</param>
internal sealed class Epochs(Func<long>? version, TimeProvider time)
{
    private const int RandomBits = 13;
    private const int SecondBits = 30;
    private const long LargestVersion = (1L << 19) - 1;

    private static readonly DateTimeOffset Origin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private long _last;

    /// <summary>Those of a silo. Orleans' own table, for development, is in the memory of one silo, and begins again with it.</summary>
    public static Epochs Of(IServiceProvider services)
    {
        var isShared = services.GetService<IMembershipTable>() is { } table && table.GetType().Assembly != typeof(Silo).Assembly;
        var membership = services.GetRequiredService<IClusterMembershipService>();
        return new Epochs(isShared ? () => membership.CurrentSnapshot.Version.Value : null, services.GetRequiredService<TimeProvider>());
    }

    /// <summary>Draws the next one: higher than all before it in this process.</summary>
    public long Next()
    {
        var now = time.GetUtcNow();
        var next = version is null
            ? (now.ToUnixTimeMilliseconds() << 20) | (long)Random.Shared.Next(1 << 20)
            : (OfVersion(version(), now) << RandomBits) | (long)Random.Shared.Next(1 << RandomBits);
        lock (_lock)
        {
            return _last = Math.Max(next, _last + 1);
        }
    }

    private static long OfVersion(long version, DateTimeOffset now) =>
        (Math.Clamp(version, 0, LargestVersion) << SecondBits) | Math.Clamp((long)(now - Origin).TotalSeconds, 0, (1L << SecondBits) - 1);
}
