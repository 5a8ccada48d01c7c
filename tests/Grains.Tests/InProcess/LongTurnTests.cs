using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>A home's turn that takes too long is logged with what it did.</summary>
public sealed class LongTurnTests
{
    [Fact]
    public async Task A_long_turn_of_a_home_says_what_it_did()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new DirectoryMetrics(services.GetRequiredService<IMeterFactory>());
        using var log = new WarningLog();
        await using var host = new DirectoryHost(
            new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = true }, metrics, new HastyTime(), new Random(1), log);

        host.Receive("/chat", new Renew { Life = ServerId.NewProcess().NextIncarnation(), Epoch = 0, Session = 1, Handled = 0 });

        var line = await log.FirstAsync("a turn of the home has taken").InTimeAsync();
        Assert.StartsWith("/chat: a turn of the home has taken ", line, StringComparison.Ordinal);
        Assert.Contains("It did 1 things; the longest was Renew of ", line, StringComparison.Ordinal);
    }

    /// <summary>Every look at the clock takes it 600 ms on; no timer fires.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 600);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
