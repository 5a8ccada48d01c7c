using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd.OnOrleans;

// Every suite of this project on the Orleans engine: the directory's process is a silo, workers are its clients.

public sealed class OrleansCluster() : SharedCluster("orleans", []);

[CollectionDefinition(nameof(OrleansCluster))]
public sealed class OrleansCollection : ICollectionFixture<OrleansCluster>;

[Collection(nameof(OrleansCluster))]
public sealed class OrleansStart(OrleansCluster shared) : StartSuite(shared);

[Collection(nameof(OrleansCluster))]
public sealed class OrleansRooms(OrleansCluster shared) : RoomSuite(shared);

[Collection(nameof(OrleansCluster))]
public sealed class OrleansSocketIO(OrleansCluster shared) : SocketIOSuite(shared);

[Collection(nameof(OrleansCluster))]
public sealed class OrleansFrontClients(OrleansCluster shared) : FrontClientsSuite(shared);

[Collection(nameof(OrleansCluster))]
public sealed class OrleansBadInput(OrleansCluster shared) : BadInputSuite(shared);

[Collection(nameof(OrleansCluster))]
public sealed class OrleansPage(OrleansCluster shared) : PageSuite(shared);

public sealed class OrleansOperationsCluster() : SharedCluster("orleans", OperationsSuite.Environment);

public sealed class OrleansOperations(OrleansOperationsCluster shared) : OperationsSuite(shared), IClassFixture<OrleansOperationsCluster>;

[Collection(nameof(OrleansCluster))]
public sealed class OrleansNoAffinity(OrleansCluster shared) : NoAffinitySuite(shared);

public sealed class OrleansDrains() : DrainSuite("orleans");

public sealed class OrleansSocketIODeaths() : SocketIODeathSuite("orleans");

public sealed class OrleansDeaths() : DeathSuite("orleans");

public sealed class OrleansSupervision() : SupervisionSuite("orleans");
