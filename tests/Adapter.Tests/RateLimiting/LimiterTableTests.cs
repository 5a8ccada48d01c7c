using System.Threading.RateLimiting;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.Tests.RateLimiting;

/// <summary>Limiters for many keys: each has its own, none is kept for nothing, and there are never too many.</summary>
public sealed class LimiterTableTests
{
    private static readonly RateLimit TwoPerDay = new(2, TimeSpan.FromDays(1));

    [Fact]
    public void Each_key_has_permits_of_its_own()
    {
        var table = new LimiterTable<string>(TwoPerDay, 10);
        Assert.True(table.TryTake("a", out _));
        Assert.True(table.TryTake("a", out _));
        Assert.False(table.TryTake("a", out var retryAfter));
        Assert.InRange(retryAfter!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(12));
        Assert.True(table.TryTake("b", out _));
    }

    [Fact]
    public async Task Permits_come_back_and_what_has_all_of_them_is_dropped()
    {
        var table = new LimiterTable<string>(new RateLimit(1, TimeSpan.FromMilliseconds(20)), 10);
        Assert.True(table.TryTake("a", out _));
        await InTime.UntilAsync(() => table.TryTake("a", out _));
        await InTime.UntilAsync(() =>
        {
            table.Sweep();
            return table.Count == 0;
        });
    }

    [Fact]
    public void What_lacks_permits_is_kept()
    {
        var table = new LimiterTable<string>(TwoPerDay, 10);
        table.TryTake("a", out _);
        table.TryTake("a", out _);
        table.Sweep();
        Assert.False(table.TryTake("a", out _));
    }

    [Fact]
    public void Beyond_the_bound_the_key_that_was_used_longest_ago_is_forgotten()
    {
        var disposed = 0;
        var table = new LimiterTable<int>(new RateLimit { Limiter = () => new Counted(1, () => disposed++) }, 3);
        for (var key = 0; key < 3; key++)
        {
            Assert.True(table.TryTake(key, out _));
        }
        Assert.False(table.TryTake(0, out _));
        Assert.True(table.TryTake(3, out _));
        Assert.Equal((3, 1), (table.Count, disposed));
        Assert.False(table.TryTake(0, out _));
        Assert.False(table.TryTake(2, out _));
        Assert.True(table.TryTake(1, out _));
        for (var key = 100; key < 10_000; key++)
        {
            table.TryTake(key, out _);
        }
        Assert.Equal(3, table.Count);
    }

    [Fact]
    public void More_permits_than_a_period_has_may_be_saved_up()
    {
        var table = new LimiterTable<string>(new RateLimit(1, TimeSpan.FromDays(1), burst: 5), 10);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(table.TryTake("a", out _));
        }
        Assert.False(table.TryTake("a", out _));
    }

    [Fact]
    public async Task Threads_never_get_more_than_there_is()
    {
        var table = new LimiterTable<int>(new RateLimit(100, TimeSpan.FromDays(1)), 1000);
        using var stop = new CancellationTokenSource();
        var sweeping = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    table.Sweep();
                }
            },
            TestContext.Current.CancellationToken);
        var taken = 0;
        Parallel.For(0, 5000, i =>
        {
            if (table.TryTake(i % 10, out _))
            {
                Interlocked.Increment(ref taken);
            }
        });
        await stop.CancelAsync();
        await sweeping.InTimeAsync();
        Assert.Equal(1000, taken);
    }

    /// <summary>Gives so many permits, and none back.</summary>
    private sealed class Counted(int permits, Action disposed) : RateLimiter
    {
        private int _left = permits;

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => new Lease(_left-- > 0);

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            ValueTask.FromResult(AttemptAcquireCore(permitCount));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                disposed();
            }
            base.Dispose(disposing);
        }
    }

    private sealed class Lease(bool isAcquired) : RateLimitLease
    {
        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
