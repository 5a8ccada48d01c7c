using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Tests.Directories;
using OrleansAdapter.Tests.Operations;
using OrleansAdapter.Tests.SignalR;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>
/// The directory on Orleans, on silos that a class of tests shares; every test has a namespace of its own, and every server is an Orleans client.
/// </summary>
public sealed class OrleansTestCluster(TestSilos silos, bool ownsSilos = false) : TestCluster
{
    private readonly List<IDirectory> _supervisors = [];
    private readonly List<IHost> _hosts = [];

    public override string Namespace { get; } = $"/{Guid.NewGuid():N}";

    /// <summary>The silos.</summary>
    public TestSilos Silos => silos;

    /// <summary>A cluster with silos of its own.</summary>
    public static OrleansTestCluster Start(TestSilosOptions options) =>
        new(Task.Run(() => TestSilos.StartAsync(options)).GetAwaiter().GetResult(), ownsSilos: true);

    /// <summary>A host that ends with the cluster.</summary>
    public void Ends(IHost host) => _hosts.Add(host);

    internal override IDirectory NewDirectory() => silos.NewDirectory();

    public override async Task ReportDeathAsync(ServerId process)
    {
        var supervisor = NewDirectory();
        _supervisors.Add(supervisor);
        await supervisor.StartAsync(ServerId.NewProcess().Process, new Nobody(), TestContext.Current.CancellationToken);
        await supervisor.ReportDeathAsync(process, TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var supervisor in _supervisors)
        {
            await supervisor.DisposeAsync();
        }
        foreach (var host in _hosts)
        {
            await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            host.Dispose();
        }
        if (ownsSilos)
        {
            await silos.DisposeAsync();
        }
    }

    private sealed class Nobody : IDirectoryReceiver
    {
        public void Receive(string @namespace, HomeMessage message)
        {
        }

        public void Receive(ServerMessage message)
        {
        }

        public void Connected()
        {
        }
    }
}

/// <summary>Silos that the tests of a class share: starting them takes longer than most tests.</summary>
public abstract class SharedSilos(TestSilosOptions options) : IAsyncLifetime
{
    private TestSilos? _silos;

    /// <summary>A cluster for one test.</summary>
    public OrleansTestCluster NewCluster() => new(_silos!);

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(options);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_silos is not null)
        {
            await _silos.DisposeAsync();
        }
    }
}

public sealed class OneSilo() : SharedSilos(new TestSilosOptions());

public sealed class TwoSilos() : SharedSilos(new TestSilosOptions { Silos = 2, FirstStart = true });

public sealed class SiloWithFaultyStreams() : SharedSilos(FaultyStreams.Options());

public sealed class SiloWithDoor() : SharedSilos(new TestSilosOptions { Silo = silo => silo.Services.AddRoomDoor() });

public sealed class OrleansSendTests(OneSilo silos) : SendTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansGroupTests(OneSilo silos) : GroupTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansConnectionTests(OneSilo silos) : ConnectionTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansOrderTests(OneSilo silos) : OrderTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansHubRecoveryTests(OneSilo silos) : HubRecoveryTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansClientResultTests(OneSilo silos) : ClientResultTests(silos.NewCluster()), IClassFixture<OneSilo>;

/// <summary>On silos of its own each, because they list all servers.</summary>
public sealed class OrleansOperationTests() : OperationTests(OrleansTestCluster.Start(new TestSilosOptions()));

public sealed class OrleansRequestDeathTests(OneSilo silos) : RequestDeathTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class OrleansMixedClusters() : MixedClusters(() => OrleansTestCluster.Start(new TestSilosOptions()));

public sealed class OrleansOperationMatrix(OrleansMixedClusters clusters) : OperationMatrix(clusters), IClassFixture<OrleansMixedClusters>;

public sealed class OrleansAckTests(OneSilo silos) : AckTests(silos.NewCluster()), IClassFixture<OneSilo>;

public sealed class TwoSilosSendTests(TwoSilos silos) : SendTests(silos.NewCluster()), IClassFixture<TwoSilos>;

public sealed class TwoSilosGroupTests(TwoSilos silos) : GroupTests(silos.NewCluster()), IClassFixture<TwoSilos>;

public sealed class TwoSilosOrderTests(TwoSilos silos) : OrderTests(silos.NewCluster()), IClassFixture<TwoSilos>;

public sealed class TwoSilosClientResultTests(TwoSilos silos) : ClientResultTests(silos.NewCluster()), IClassFixture<TwoSilos>;

public sealed class FaultyStreamsSendTests(SiloWithFaultyStreams silos) : SendTests(silos.NewCluster()), IClassFixture<SiloWithFaultyStreams>;

public sealed class FaultyStreamsOrderTests(SiloWithFaultyStreams silos) : OrderTests(silos.NewCluster()), IClassFixture<SiloWithFaultyStreams>;
