using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

// The suites of this project on colocated silos, where every worker is a silo as well.

public sealed class ColocatedCluster() : SharedCluster([], "--colocated");

[CollectionDefinition(nameof(ColocatedCluster))]
public sealed class ColocatedCollection : ICollectionFixture<ColocatedCluster>;

[Collection(nameof(ColocatedCluster))]
public sealed class ColocatedRooms(ColocatedCluster shared) : RoomSuite(shared);

[Collection(nameof(ColocatedCluster))]
public sealed class ColocatedBadInput : BadInputSuite
{
    public ColocatedBadInput(ColocatedCluster shared)
        : base(shared) =>
        FullRun.Needed("The same suite runs on the default set-up.");
}

/// <summary>Starts a cluster of four silos for each test.</summary>
public sealed class ColocatedSupervision : SupervisionSuite
{
    public ColocatedSupervision()
        : base("--colocated") =>
        FullRun.Needed("The same suite runs on the default set-up.");
}
