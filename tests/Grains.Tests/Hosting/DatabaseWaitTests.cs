using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Hosting;

/// <summary>A process that starts while the database is away waits for it, and says so.</summary>
public sealed class DatabaseWaitTests : IDisposable
{
    private readonly WarningLog _log = new();
    private readonly SteppingTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tries_again_until_the_database_is_there_and_says_after_three_seconds_that_it_waits_and_then_that_it_is_there()
    {
        var attempts = 0;
        await NewWait().UntilDoneAsync(() => ++attempts <= 10 ? throw new InvalidOperationException("away") : Task.CompletedTask, CancellationToken.None);

        Assert.Equal(11, attempts);
        Assert.Contains("has not answered for 3 s", await _log.FirstAsync("cluster \"mine\"").InTimeAsync());
        Assert.Contains("answers", await _log.FirstAsync("cluster \"mine\"").InTimeAsync());
    }

    [Fact]
    public async Task A_short_wait_is_not_told_of()
    {
        var attempts = 0;
        await NewWait().UntilDoneAsync(() => ++attempts <= 3 ? throw new InvalidOperationException("away") : Task.CompletedTask, CancellationToken.None);

        Assert.True(_log.IsEmpty);
    }

    [Fact]
    public async Task It_ends_when_the_process_is_told_to_end()
    {
        using var stopping = new CancellationTokenSource();
        var attempts = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NewWait().UntilDoneAsync(
            () =>
            {
                if (++attempts == 3)
                {
                    stopping.Cancel();
                }
                throw new InvalidOperationException("away");
            },
            stopping.Token)).InTimeAsync();
        Assert.Equal(3, attempts);
    }

    /// <summary>The others evict who has been joining for too long, by the time at which it started.</summary>
    [Fact]
    public async Task A_silo_that_has_waited_for_the_database_begins_to_join_when_it_is_in_the_table()
    {
        var file = Path.GetTempFileName();
        File.Delete(file);
        var table = new WaitingMembershipTable(
            new FileMembershipTable(new MembershipFile(file)),
            Options.Create(new ClusterOptions()),
            TimeProvider.System,
            NullLogger<WaitingMembershipTable>.Instance);
        var began = DateTime.UtcNow;
        var entry = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(IPAddress.Loopback, 11111, 1),
            SiloName = "late",
            HostName = "here",
            Status = SiloStatus.Joining,
            StartTime = began.AddMinutes(-10),
            IAmAliveTime = began,
        };

        var version = (await table.ReadAllAsync(Cancellation)).Version;
        Assert.True(await table.InsertRowAsync(entry, version.Next(), Cancellation));

        var (row, _) = Assert.Single((await table.ReadAllAsync(Cancellation)).Members);
        Assert.InRange(row.StartTime, began.AddSeconds(-1), DateTime.UtcNow);
        File.Delete(file);
    }

    public void Dispose() => _log.Dispose();

    private DatabaseWait NewWait() => new(Options.Create(new ClusterOptions { ClusterId = "mine" }), _time, _log);

    /// <summary>Whoever waits has waited at once.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref _now, (long)dueTime.TotalMilliseconds);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
