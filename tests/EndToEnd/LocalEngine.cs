using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

// Every suite of this project on the Local engine. Another engine has a file like this one, less the suite of the socket file.

public sealed class LocalCluster() : SharedCluster("local", []);

[CollectionDefinition(nameof(LocalCluster))]
public sealed class LocalCollection : ICollectionFixture<LocalCluster>;

[Collection(nameof(LocalCluster))]
public sealed class LocalStart(LocalCluster shared) : StartSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalRooms(LocalCluster shared) : RoomSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalSocketIO(LocalCluster shared) : SocketIOSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalFront(LocalCluster shared) : FrontSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalFrontClients(LocalCluster shared) : FrontClientsSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalBadInput(LocalCluster shared) : BadInputSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalPage(LocalCluster shared) : PageSuite(shared);

[Collection(nameof(LocalCluster))]
public sealed class LocalDirectorySocket(LocalCluster shared) : DirectorySocketSuite(shared);

public sealed class LocalOperationsCluster() : SharedCluster("local", OperationsSuite.Environment);

public sealed class LocalOperations(LocalOperationsCluster shared) : OperationsSuite(shared), IClassFixture<LocalOperationsCluster>;

[Collection(nameof(LocalCluster))]
public sealed class LocalNoAffinity(LocalCluster shared) : NoAffinitySuite(shared);

public sealed class LocalDrains() : DrainSuite("local");

public sealed class LocalSocketIODeaths() : SocketIODeathSuite("local");

public sealed class LocalDeaths() : DeathSuite("local");

public sealed class LocalSupervision() : SupervisionSuite("local");

public sealed class LocalFrontLife() : FrontLifeSuite("local");

// Where connections cannot be handed over, requests are passed on: clients see no difference.

public sealed class ProxiedCluster() : SharedCluster("local", [], "--front", "proxy");

[CollectionDefinition(nameof(ProxiedCluster))]
public sealed class ProxiedCollection : ICollectionFixture<ProxiedCluster>;

[Collection(nameof(ProxiedCluster))]
public sealed class ProxiedFrontClients(ProxiedCluster shared) : FrontClientsSuite(shared);

[Collection(nameof(ProxiedCluster))]
public sealed class ProxiedSocketIO(ProxiedCluster shared) : SocketIOSuite(shared);
