using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Hosting;
using OrleansAdapter.SocketIO.Tests;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.Hosting;

public sealed class WarmUpTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>How far the clock is moved at a time.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private readonly Talk _talk = new();
    private readonly long _began;

    /// <summary>How long the compiler is busy.</summary>
    private TimeSpan _busy;

    public WarmUpTests() => _began = _time.GetTimestamp();

    private TimeSpan Passed => _time.GetElapsedTime(_began);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task It_ends_when_the_compiler_has_been_at_rest_for_a_second()
    {
        _busy = TimeSpan.FromSeconds(2);
        await PassAsync(NewWarmUp(_talk.StartAsync).RunAsync(CancellationToken.None));
        Assert.InRange(Passed, _busy + (WarmUpRounds.Window * (1 - WarmUpRounds.AtRest)), _busy + (1.1 * WarmUpRounds.Window));
        Assert.True(_talk.Messages >= WarmUpRounds.Least);
        Assert.True(_talk.IsOver);
        Assert.EndsWith("and is at rest", Assert.Single(Lines(LogLevel.Information)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_goes_on_with_a_compiler_at_rest_until_there_were_enough_rounds()
    {
        _talk.Round = cancellationToken => Task.Delay(Step, _time, cancellationToken);
        await PassAsync(NewWarmUp(_talk.StartAsync).RunAsync(CancellationToken.None));
        Assert.Equal(WarmUpRounds.Least, _talk.Messages);
    }

    [Fact]
    public async Task A_compiler_that_does_not_rest_is_left_to_it_at_the_limit()
    {
        _busy = TimeSpan.MaxValue;
        await PassAsync(NewWarmUp(_talk.StartAsync).RunAsync(CancellationToken.None));
        Assert.InRange(Passed, Limit, Limit + Step);
        Assert.True(_talk.IsOver);
        Assert.Empty(Lines(LogLevel.Warning));
        Assert.Collection(
            Lines(LogLevel.Information),
            line => Assert.StartsWith("This worker has been warming up for 3 s, and takes no connections yet", line, StringComparison.Ordinal),
            line => Assert.EndsWith("and is still at it", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancelling_ends_it_at_once()
    {
        using var stop = new CancellationTokenSource();
        _talk.Round = cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        var run = NewWarmUp(_talk.StartAsync).RunAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.InTimeAsync());
        Assert.Equal(TimeSpan.Zero, Passed);
        Assert.True(_talk.IsOver);
        Assert.True(_talk.HasToHurry);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Where_it_cannot_begin_the_start_goes_on_and_the_log_says_that_the_worker_is_cold()
    {
        var failure = new DirectoryUnavailableException("The directory is away.");
        await NewWarmUp((_, _) => Task.FromException<IWarmUpTalk>(failure)).RunAsync(CancellationToken.None).InTimeAsync();
        var line = Assert.Single(_log.Lines);
        Assert.Equal((LogLevel.Warning, failure), (line.Level, line.Exception));
        Assert.StartsWith("This worker could not warm up, and starts cold", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_breaks_off_the_start_goes_on_and_the_log_says_that_the_worker_is_cold()
    {
        _talk.Round = _ => _talk.Messages < 3 ? Task.CompletedTask : Task.FromException(new IOException("The connection ended."));
        await PassAsync(NewWarmUp(_talk.StartAsync).RunAsync(CancellationToken.None));
        Assert.True(_talk.IsOver);
        Assert.IsType<IOException>(Assert.Single(_log.Lines).Exception);
    }

    [Fact]
    public async Task A_directory_that_does_not_answer_holds_the_start_up_until_the_limit()
    {
        await PassAsync(NewWarmUp(async (stop, _) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return _talk;
        }).RunAsync(CancellationToken.None));
        Assert.InRange(Passed, Limit, Limit + Step);
        Assert.IsType<TimeoutException>(Assert.Single(_log.Lines, line => line.Level == LogLevel.Warning).Exception);
    }

    [Fact]
    public async Task Where_no_message_goes_round_until_the_limit_the_log_says_that_the_worker_is_cold()
    {
        _talk.Round = cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        await PassAsync(NewWarmUp(_talk.StartAsync).RunAsync(CancellationToken.None));
        Assert.True(_talk.IsOver);
        Assert.IsType<TimeoutException>(Assert.Single(_log.Lines, line => line.Level == LogLevel.Warning).Exception);
    }

    [Theory]
    [InlineData(true, "Production", null, true)]
    [InlineData(true, "Development", null, false)]
    [InlineData(false, "Production", null, false)]
    [InlineData(true, "Production", "false", false)]
    [InlineData(false, "Development", "true", true)]
    public async Task It_is_for_workers_of_a_primary_in_production_unless_something_else_is_said(
        bool hasPrimary, string environment, string? said, bool isWanted)
    {
        await using var cluster = new InProcessTestCluster();
        await using var services = Services(cluster.NewDirectory(), hasPrimary, environment, said, services => services.AddSocketIO());
        Assert.Equal(isWanted, WarmUp.Of(services).IsWanted);
    }

    [Fact]
    public async Task A_process_without_clients_has_nothing_to_warm()
    {
        await using var cluster = new InProcessTestCluster();
        await using var services = Services(cluster.NewDirectory(), hasPrimary: true, "Production", said: null, services => services.AddOrleansAdapter());
        Assert.False(WarmUp.Of(services).IsWanted);
    }

    private static ServiceProvider Services(IDirectory directory, bool hasPrimary, string environment, string? said, Action<IServiceCollection> add)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection([
            new("OrleansAdapter:Supervised", hasPrimary ? "true" : null),
            new("OrleansAdapter:WarmUp:Enabled", said),
        ]);
        builder.Services.AddSingleton<IConfiguration>(builder.Configuration).AddSingleton(directory).AddSupervision();
        builder.Services.AddSingleton<IServer>(_ => throw new NotSupportedException("No server is made here."));
        add(builder.Services);
        return builder.Services.BuildServiceProvider();
    }

    private WarmUp NewWarmUp(Func<CancellationToken, CancellationToken, Task<IWarmUpTalk>> start)
    {
        var logger = LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger("");
        return new WarmUp(new WarmUpOptions { Limit = Limit }, start, () => new CompilerFigures(0, Passed < _busy ? Passed : _busy), _time, logger);
    }

    private async Task PassAsync(Task run)
    {
        await InTime.UntilAsync(() =>
        {
            if (!run.IsCompleted)
            {
                _time.Advance(Step);
            }
            return run.IsCompleted;
        });
        await run;
    }

    private string[] Lines(LogLevel level) => [.. _log.Lines.Where(line => line.Level == level).Select(line => line.Text)];

    private sealed class Talk : IWarmUpTalk
    {
        private CancellationToken _hurry;

        public Func<CancellationToken, Task> Round { get; set; } = _ => Task.CompletedTask;

        public int Messages { get; private set; }

        public bool IsOver { get; private set; }

        public bool HasToHurry => _hurry.IsCancellationRequested;

        public Task<IWarmUpTalk> StartAsync(CancellationToken stop, CancellationToken hurry)
        {
            _hurry = hurry;
            return Task.FromResult<IWarmUpTalk>(this);
        }

        public async Task RoundAsync(CancellationToken cancellationToken)
        {
            await Round(cancellationToken);
            Messages++;
        }

        public ValueTask DisposeAsync()
        {
            IsOver = true;
            return ValueTask.CompletedTask;
        }
    }
}
