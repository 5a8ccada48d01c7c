using Microsoft.Extensions.DependencyInjection;
using Orleans;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>The contract, with mailbox streams that lose and repeat on purpose.</summary>
public sealed class FaultyStreamsDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(FaultyStreams.Options());
}

/// <summary>What only an Orleans cluster can get wrong.</summary>
public sealed class OrleansFaultTests : IAsyncLifetime
{
    private OrleansCluster? _cluster;

    private OrleansCluster Cluster => _cluster!;

    private TestSilos Silos => Cluster.Silos;

    private IGrainFactory Grains => Silos.Services().GetRequiredService<IGrainFactory>();

    private MailboxSubscribers Subscribers => Silos.Services().GetRequiredService<MailboxSubscribers>();

    public async ValueTask InitializeAsync() => _cluster = (OrleansCluster)await OrleansCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    [Fact]
    public async Task A_client_of_another_cluster_waits_and_says_after_three_seconds_what_for()
    {
        var log = new WarningLog();
        using var client = Silos.NewClient(clusterId: "another-cluster", log: log);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var starting = client.StartAsync(end.Token);

        var warning = await log.FirstAsync("another-cluster").WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);

        Assert.Contains("ClusterId", warning, StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);
    }

    [Fact]
    public async Task A_client_of_another_service_is_refused_with_both_names()
    {
        using var client = Silos.NewClient(serviceId: "another-service");
        await client.StartAsync(TestContext.Current.CancellationToken);
        await using var directory = client.Services.GetRequiredService<IDirectory>();

        var refused = await Assert.ThrowsAsync<DirectoryRefusedException>(
            () =>
                directory.StartAsync(
                    ServerId.NewProcess(),
                    new TestServer(directory),
                    TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken));

        Assert.Contains("another-service", refused.Message, StringComparison.Ordinal);
        Assert.Contains(TestSilos.ServiceId, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_another_protocol_is_refused_with_the_versions_of_both()
    {
        using var client = Silos.NewClient(directory: options => options.Versions = new ProtocolRange(200, 201));
        await client.StartAsync(TestContext.Current.CancellationToken);
        await using var directory = client.Services.GetRequiredService<IDirectory>();

        var refused = await Assert.ThrowsAsync<DirectoryRefusedException>(
            () =>
                directory.StartAsync(
                    ServerId.NewProcess(),
                    new TestServer(directory),
                    TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken));

        Assert.Contains("200 to 201", refused.Message, StringComparison.Ordinal);
        Assert.Contains(ProtocolVersion.Ours.ToString(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_server_that_was_reported_dead_nothing_is_left_in_any_grain()
    {
        var (living, dead) = (await Cluster.NewServerAsync(), await Cluster.NewServerAsync());
        await dead.DescribeAsync();
        var life = await living.RegisterAsync("/");
        var gone = await dead.RegisterAsync("/");
        await gone.JoinAsync("a");
        await life.PublishAsync("a", "so that there is something in the mailbox");
        Assert.NotNull(Subscribers.Find(MailboxStreams.OfLife("/", gone.Id)));
        Assert.NotNull(Subscribers.Find(MailboxStreams.OfProcess(gone.Id)));

        await Cluster.ReportDeathAsync(dead.Life);

        await NothingIsLeftOfAsync(gone.Id, life.Id);
    }

    [Fact]
    public async Task Of_a_server_whose_lease_ran_out_nothing_is_left_in_any_grain()
    {
        var (living, dead) = (await Cluster.NewServerAsync(), await Cluster.NewServerAsync());
        await dead.DescribeAsync();
        var life = await living.RegisterAsync("/");
        var gone = await dead.RegisterAsync("/");
        await gone.JoinAsync("a");
        await life.PublishAsync("a", "so that there is something in the mailbox");

        gone.Lapse();
        dead.Lapse();
        await Wait.UntilAsync(life.RenewAsync, _ => life.List.Lives.Count == 1, "the dead one is in the list");

        await NothingIsLeftOfAsync(gone.Id, life.Id);
    }

    /// <summary>The doors of a silo are a server, which dies with it: nobody reports that one, and its lease has long to go.</summary>
    [Fact]
    public async Task The_server_in_a_silo_leaves_the_list_when_the_silo_is_declared_dead()
    {
        var process = ServerId.NewProcess().Process;
        await _cluster!.DisposeAsync();
        _cluster = (OrleansCluster)await OrleansCluster.StartAsync(new TestSilosOptions { Silos = 2, Names = [OnDirectorySilo.Name, process.ToString()] });
        var servers = Grains.GetGrain<IServerListGrain>(0); // in the silo that lives on, by its name
        var description = new ServerDescription(process, "in a silo", DateTimeOffset.UnixEpoch, 0);
        await servers.Describe(new MailboxBatch([Wire.Write(new Describe(description, Session: 0, Handled: 0, Lease: 3_600_000), ProtocolVersion.Current)]));
        Assert.Single((await servers.List(ProtocolVersion.Current)).Messages);

        await Silos.KillAsync(1);
        await Silos.Services().GetRequiredService<SiloDeaths>().DeclareAsync(process);

        await Wait.UntilAsync(() => servers.List(ProtocolVersion.Current), list => list.Messages.Length == 0, "it is listed still");
    }

    private async Task NothingIsLeftOfAsync(ServerId gone, ServerId living)
    {
        var status = await Wait.UntilAsync(() => Grains.GetGrain<IHomeGrain>("/").Status(), home => home.Mailboxes <= 1, "a mailbox is left");
        Assert.Equal([living], status.Lives);
        Assert.Equal((0, 0L), (status.Rooms, status.Backlog));
        await Wait.UntilAsync(() => FindAsync(MailboxStreams.OfLife("/", gone)), left => left is null, "the mailbox's subscriber is left");
        await Wait.UntilAsync(() => FindAsync(MailboxStreams.OfProcess(gone)), left => left is null, "the answers' subscriber is left");
        await Wait.UntilAsync(() => Grains.GetGrain<IServerListGrain>(0).List(ProtocolVersion.Oldest), list => list.Messages.Length == 0, "it is listed");
    }

    private Task<MailboxSubscriber?> FindAsync(Orleans.Runtime.StreamId stream) => Task.FromResult(Subscribers.Find(stream));
}
