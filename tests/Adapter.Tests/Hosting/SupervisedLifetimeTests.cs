using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Draining;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Tests.Hosting;

public sealed class SupervisedLifetimeTests : IDisposable
{
    private readonly TestApplication _application = new();
    private readonly TestDrain _drain = new();

    public void Dispose() => _application.Dispose();

    /// <summary>Standard input may end at any time, also when the host's container is gone: the process is ending then, and must not crash.</summary>
    [Fact]
    public async Task A_host_that_is_told_to_end_behind_its_containers_disposal_ends()
    {
        var services = new ServiceCollection().AddSingleton<IServerDrain>(_drain).BuildServiceProvider();
        using var lifetime = new SupervisedLifetime(
            _application, services, terminable: true, () => Assert.Fail("The host was not asked to stop."), kill: Nothing);
        lifetime.Begin();
        _application.Start();
        await services.DisposeAsync();

        lifetime.End();

        Assert.True(_drain.IsHurried);
        await _application.Stopped.InTimeAsync();
    }

    /// <summary>A host whose start is broken off throws in the application, and may wait on for what it waits for.</summary>
    [Fact]
    public async Task A_host_that_is_told_to_end_before_it_has_started_and_behind_its_containers_disposal_ends_its_process()
    {
        var services = new ServiceCollection().BuildServiceProvider();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var lifetime = new SupervisedLifetime(_application, services, terminable: true, ended.SetResult, kill: Nothing);
        lifetime.Begin();
        await services.DisposeAsync();

        lifetime.End();

        await ended.Task.InTimeAsync();
        Assert.False(_application.Stopped.IsCompleted);
    }

    /// <summary>Its host may not exist yet, and may take any time until it does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_is_told_to_end_before_it_has_a_host_ends_at_once(bool orderly)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var primary = new PrimaryWord(terminable: true, ended.SetResult);

        primary.Said("something else");
        Assert.False(ended.Task.IsCompleted);
        Tell(primary, orderly);
        Tell(primary, !orderly); // once is enough

        await ended.Task.InTimeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_is_told_what_its_primary_says_from_when_it_begins_to_start(bool orderly)
    {
        var primary = new PrimaryWord(terminable: true, () => Assert.Fail("The host was not asked to stop."));
        await using var services = new ServiceCollection().AddSingleton<IServerDrain>(_drain).BuildServiceProvider();
        using var lifetime = new SupervisedLifetime(
            _application, services, terminable: true, () => Assert.Fail("The host was not asked to stop."), kill: Nothing, primary);
        await lifetime.WaitForStartAsync(TestContext.Current.CancellationToken);
        _application.Start();

        Tell(primary, orderly);

        await _application.Stopped.InTimeAsync();
        Assert.Equal(!orderly, _drain.IsHurried);
    }

    [Fact]
    public void Who_may_not_be_told_to_leave_is_not()
    {
        var primary = new PrimaryWord(terminable: false, () => Assert.Fail("It was only told to leave."));

        primary.Said(SupervisionContract.DrainLine);
    }

    /// <summary>The process that would be killed for hanging in its end is the one of the tests.</summary>
    private static void Nothing()
    {
    }

    private static void Tell(PrimaryWord primary, bool orderly)
    {
        if (orderly)
        {
            primary.Said(SupervisionContract.DrainLine);
        }
        else
        {
            primary.Gone();
        }
    }

    private sealed class TestDrain : IServerDrain
    {
        public bool IsHurried { get; private set; }

        public Task DrainAsync() => Task.CompletedTask;

        public void Hurry() => IsHurried = true;
    }

    private sealed class TestApplication : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public Task Stopped => _stopped.Task;

        public void Start() => _started.Cancel();

        public void StopApplication() => _stopped.TrySetResult();

        public void Dispose() => _started.Dispose();
    }
}
