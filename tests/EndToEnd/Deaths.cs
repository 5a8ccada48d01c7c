using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

// Deaths on the default set-up. They want the machine to themselves, and share a cluster: each leaves it whole.

public sealed class MortalCluster() : SharedCluster([]);

[CollectionDefinition(nameof(MortalCluster), DisableParallelization = true)]
public sealed class MortalCollection : ICollectionFixture<MortalCluster>;

[Collection(nameof(MortalCluster))]
public sealed class Deaths(MortalCluster shared) : DeathSuite(shared);

[Collection(nameof(MortalCluster))]
public sealed class FrontDeaths(MortalCluster shared) : FrontDeathSuite(shared);

[Collection(nameof(MortalCluster))]
public sealed class SocketIODeaths(MortalCluster shared) : SocketIODeathSuite(shared);

[Collection(nameof(MortalCluster))]
public sealed class Drains(MortalCluster shared) : DrainSuite(shared);
