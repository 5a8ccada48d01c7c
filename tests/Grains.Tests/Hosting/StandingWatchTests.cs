using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Grains.Tests.Hosting;

/// <summary>What a silo does that reads of itself in the table of silos.</summary>
public sealed class StandingWatchTests : IDisposable
{
    private static readonly SiloAddress Own = SiloAddress.New(IPAddress.Loopback, 11111, 1);

    private readonly string _file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly Membership _membership = new();

    /// <summary>Orleans ends a silo when it reads that, which by itself it does in its own time: 18 s after a cut.</summary>
    [Fact]
    public async Task One_that_reads_that_it_is_dead_has_Orleans_read_that_as_well()
    {
        var version = await WriteAsync(SiloStatus.Dead);
        await using var watching = await WatchAsync();

        Assert.Equal(version, (await _membership.Asked.Task.InTimeAsync()).Value);
        Assert.True(watching.Standing.IsDead);
    }

    [Fact]
    public async Task One_that_reads_that_it_is_active_leaves_Orleans_alone()
    {
        await WriteAsync(SiloStatus.Active);
        await using var watching = await WatchAsync();

        await Wait.UntilAsync(() => Task.FromResult(watching.Standing.IsSure(TimeProvider.System.Milliseconds())), sure => sure, "it is not sure");

        Assert.False(_membership.Asked.Task.IsCompleted);
    }

    public void Dispose() => File.Delete(_file);

    private async Task<long> WriteAsync(SiloStatus status)
    {
        var table = new FileMembershipTable(new MembershipFile(_file));
        var version = (await table.ReadAll()).Version.Next();
        var now = DateTime.UtcNow;
        var entry = new MembershipEntry { SiloAddress = Own, SiloName = "own", HostName = "here", Status = status, StartTime = now, IAmAliveTime = now };
        Assert.True(await table.InsertRow(entry, version));
        return version.Version;
    }

    private async Task<Watching> WatchAsync()
    {
        var services = new ServiceCollection()
            .AddSingleton<IMembershipTable>(new FileMembershipTable(new MembershipFile(_file)))
            .AddSingleton<IClusterMembershipService>(_membership)
            .BuildServiceProvider();
        var watch = new StandingWatch(
            services,
            new Machines(_membership, "machine", wanted: true, NullLogger.Instance),
            new Details(),
            Options.Create(new DirectoryOptions()),
            Options.Create(new ClusterMembershipOptions()),
            TimeProvider.System,
            NullLogger<StandingWatch>.Instance);
        var lifecycle = new Lifecycle();
        watch.Participate(lifecycle);
        await lifecycle.Observer!.OnStart(TestContext.Current.CancellationToken);
        return new Watching(watch, lifecycle.Observer, services);
    }

    private sealed class Watching(StandingWatch watch, ILifecycleObserver observer, ServiceProvider services) : IAsyncDisposable
    {
        public Standing Standing => watch.Standing!;

        public async ValueTask DisposeAsync()
        {
            await observer.OnStop(CancellationToken.None);
            watch.Dispose();
            await services.DisposeAsync();
        }
    }

    private sealed class Membership : IClusterMembershipService
    {
        /// <summary>The version that Orleans was asked to have.</summary>
        public TaskCompletionSource<MembershipVersion> Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult(minimumVersion);
            return ValueTask.CompletedTask;
        }

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class Details : ILocalSiloDetails
    {
        public string Name => "own";

        public string ClusterId => "";

        public string DnsHostName => "here";

        public SiloAddress SiloAddress => Own;

        public SiloAddress GatewayAddress => Own;
    }

    private sealed class Lifecycle : ISiloLifecycle
    {
        public ILifecycleObserver? Observer { get; private set; }

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observer = observer;
            return new MemoryStream();
        }
    }
}
