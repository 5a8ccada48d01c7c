using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Grains.InProcess;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>A home's turn that takes too long is logged with what it did. How long it takes is measured by the machine's clock.</summary>
public sealed class LongTurnTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryMetrics _metrics;
    private readonly TurnLog _log = new();

    public LongTurnTests() => _metrics = new DirectoryMetrics(_services.GetRequiredService<IMeterFactory>());

    [Fact]
    public async Task A_long_turn_of_a_home_says_what_it_did()
    {
        await using var host = Host(TimeProvider.System);
        await using var directory = new InProcessDirectory(host, ownsHost: false);
        var server = new TestServer(directory);
        await directory.StartAsync(server.Life, server, TestContext.Current.CancellationToken);
        (_log.HoldsTurns, _log.Wanted) = (true, $"the longest was Register of {server.Life}"); // on a busy machine, others may take long as well

        var registered = server.RegisterAsync("/chat");

        var line = await _log.LongTurn.InTimeAsync();
        await registered.InTimeAsync();
        Assert.StartsWith("/chat: a turn of the home has taken ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_servers_clock_that_jumps_is_no_long_turn()
    {
        await using var host = Host(new HastyTime());
        host.Receive("/chat", new Renew { Life = ServerId.NewProcess().NextIncarnation(), Epoch = 0, Session = 1, Handled = 0 });
        for (var turn = 0; turn < 3; turn++)
        {
            await host.ReportDeathAsync(ServerId.NewProcess()).InTimeAsync();
        }
        Assert.False(_log.LongTurn.IsCompleted);
    }

    public void Dispose()
    {
        _log.Dispose();
        _metrics.Dispose();
        _services.Dispose();
    }

    private DirectoryHost Host(TimeProvider time) =>
        new(new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = true }, _metrics, time, new Random(1), _log);

    /// <summary>Holds up the turn in which a home opens, until somebody says that it takes long.</summary>
    private sealed class TurnLog : ILogger, IDisposable
    {
        private readonly TaskCompletionSource<string> _longTurn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _told = new();

        public bool HoldsTurns { get; set; }

        /// <summary>What a line has to say to be the one that is waited for.</summary>
        public string Wanted { get; set; } = "";

        public Task<string> LongTurn => _longTurn.Task;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "TurnTookLong")
            {
                var line = formatter(state, exception);
                if (line.Contains(Wanted, StringComparison.Ordinal))
                {
                    _longTurn.TrySetResult(line);
                    _told.Set();
                }
            }
            else if (eventId.Name == "Opened" && HoldsTurns)
            {
                _told.Wait(Wait.Limit);
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Dispose() => _told.Dispose();
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
