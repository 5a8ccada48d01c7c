using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.InProcess;

/// <summary>The contract, with the directory in the servers' process.</summary>
public sealed class InProcessDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new InProcessCluster());
}

/// <summary>The same.</summary>
public sealed class InProcessDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new InProcessCluster());
}

/// <summary>The same, when the directory dies and starts again under its servers.</summary>
public sealed class InProcessDirectoryLossContractTests : DirectoryLossContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new InProcessCluster());
}
