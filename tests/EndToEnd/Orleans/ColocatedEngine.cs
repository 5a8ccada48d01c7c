using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd.OnOrleans;

// Every suite of this project on colocated silos: every worker is a silo as well.

public sealed class ColocatedCluster() : SharedCluster("orleans-colocated");

[CollectionDefinition(nameof(ColocatedCluster))]
public sealed class ColocatedCollection : ICollectionFixture<ColocatedCluster>;

[Collection(nameof(ColocatedCluster))]
public sealed class ColocatedRooms(ColocatedCluster shared) : RoomSuite(shared);

[Collection(nameof(ColocatedCluster))]
public sealed class ColocatedBadInput(ColocatedCluster shared) : BadInputSuite(shared);

public sealed class ColocatedDeaths() : DeathSuite("orleans-colocated");

public sealed class ColocatedSupervision() : SupervisionSuite("orleans-colocated");
