using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansAdapter.SocketIO.Tests;

namespace OrleansAdapter.Tests.Start;

/// <summary>Hosts that start with the directory in their own process, and hosted services beside the adapter's.</summary>
public sealed class HostStartTests : IDisposable
{
    private readonly TestLog _log = new();

    [Fact]
    public async Task A_hosted_service_that_sends_before_the_server_can_start_fails_the_start_and_says_why()
    {
        var time = new ManualTime();
        var builder = NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<EarlySender>().AddHostedService(services => services.GetRequiredService<EarlySender>());
        builder.Services.AddEmitter().AddDirectory();
        using var host = builder.Build();
        var start = host.StartAsync(TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<EarlySender>().Sends.Task.InTimeAsync();

        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(start.IsCompleted);
        var since = TimeSpan.FromSeconds(4);
        await InTime.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            since += TimeSpan.FromMilliseconds(50);
            return start.IsCompleted || since > TimeSpan.FromMinutes(1);
        });
        var exception = await Assert.ThrowsAsync<OperationException>(() => start.InTimeAsync());
        Assert.Contains("this server has not started yet", exception.Message, StringComparison.Ordinal);
        Assert.Contains("add OrleansAdapter before one that sends as it starts, or send from a BackgroundService", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_background_service_that_sends_as_the_host_starts_gets_its_turn(bool concurrently)
    {
        var builder = NewBuilder();
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = concurrently);
        builder.Services.AddSingleton<BackgroundSender>().AddHostedService(services => services.GetRequiredService<BackgroundSender>());
        builder.Services.AddEmitter().AddDirectory();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        await host.Services.GetRequiredService<BackgroundSender>().ExecuteTask!.InTimeAsync();
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Fact]
    public async Task Where_hosted_services_start_concurrently_one_that_sends_gets_its_turn_as_well()
    {
        var builder = NewBuilder();
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.Services.AddSingleton<EarlySender>().AddHostedService(services => services.GetRequiredService<EarlySender>());
        builder.Services.AddEmitter().AddDirectory();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_directory_may_be_added_before_or_after_and_the_log_says_that_it_is_in_this_process(bool before)
    {
        var builder = NewBuilder();
        if (before)
        {
            builder.Services.AddDirectory();
        }
        builder.Services.AddEmitter();
        if (!before)
        {
            builder.Services.AddDirectory();
        }
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(0, await host.Services.GetRequiredService<Emitter>().Of().CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        const string alone = "No directory is configured, so it runs in this process, and this server is alone";
        Assert.Single(_log.Lines, line => line == (LogLevel.Information, alone, null));
        await host.StopAsync(TestContext.Current.CancellationToken).InTimeAsync();
    }

    [Fact]
    public async Task Without_any_directory_the_start_fails_and_says_what_to_add()
    {
        var builder = NewBuilder();
        builder.Services.AddOrleansAdapter();
        using var host = builder.Build();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.StartsWith("OrleansAdapter has no directory: call AddDirectory()", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _log.Dispose();

    private HostApplicationBuilder NewBuilder()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(_log);
        builder.Services.Configure<DirectoryOptions>(directory => directory.FirstStart = true);
        return builder;
    }

    private sealed class EarlySender(Emitter emitter) : IHostedService
    {
        public TaskCompletionSource Sends { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var sent = emitter.Of("/chat").Emit("starts");
            Sends.SetResult();
            await sent;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class BackgroundSender(Emitter emitter) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await emitter.Of("/chat").Emit("starts");
            Assert.Equal(0, await emitter.Of("/chat").CountSocketsAsync(stoppingToken));
            Assert.Single(await emitter.ServersAsync(stoppingToken));
        }
    }
}
