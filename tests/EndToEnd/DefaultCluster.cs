using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

// Every suite of this project on the default set-up: the directory's process is a silo, workers are its clients.

public sealed class DefaultCluster() : SharedCluster([]);

[CollectionDefinition(nameof(DefaultCluster))]
public sealed class DefaultCollection : ICollectionFixture<DefaultCluster>;

[Collection(nameof(DefaultCluster))]
public sealed class Starts(DefaultCluster shared) : StartSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class Rooms(DefaultCluster shared) : RoomSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class SocketIOClients(DefaultCluster shared) : SocketIOSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class Fronts(DefaultCluster shared) : FrontSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class Statuses(DefaultCluster shared) : StatusSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class FrontClients(DefaultCluster shared) : FrontClientsSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class BadInput(DefaultCluster shared) : BadInputSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class Pages(DefaultCluster shared) : PageSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class WakeUps(DefaultCluster shared) : WakeUpSuite(shared);

[Collection(nameof(DefaultCluster))]
public sealed class NoAffinity(DefaultCluster shared) : NoAffinitySuite(shared);

// A worker that freezes is not replaced, however long the requests that wait for it take on a busy machine.
public sealed class OperationsCluster() : SharedCluster(OperationsSuite.Environment, "--hung", "0");

[Collection(nameof(Alone))]
public sealed class ClusterOperations(OperationsCluster shared) : OperationsSuite(shared), IClassFixture<OperationsCluster>;

public sealed class Supervision() : SupervisionSuite();

public sealed class FrontLife(FrontLifeCluster shared) : FrontLifeSuite(shared), IClassFixture<FrontLifeCluster>;

// Where connections cannot be handed over, requests are passed on: clients see no difference.

public sealed class ProxiedCluster() : SharedCluster([], "--front", "proxy");

[CollectionDefinition(nameof(ProxiedCluster))]
public sealed class ProxiedCollection : ICollectionFixture<ProxiedCluster>;

[Collection(nameof(ProxiedCluster))]
public sealed class ProxiedFrontClients(ProxiedCluster shared) : FrontClientsSuite(shared);

[Collection(nameof(ProxiedCluster))]
public sealed class ProxiedSocketIO : SocketIOSuite
{
    public ProxiedSocketIO(ProxiedCluster shared)
        : base(shared) =>
        FullRun.Needed("The same suite runs where connections are handed over, and clients of every kind talk through a proxied front, always.");
}
