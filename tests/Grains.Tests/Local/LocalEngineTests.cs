using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.Local;

/// <summary>The contract, with the directory in the servers' process.</summary>
public sealed class LocalDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new LocalCluster());
}

/// <summary>The same.</summary>
public sealed class LocalDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new LocalCluster());
}

/// <summary>The contract, with every server on a link.</summary>
public sealed class LinkDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new LinkCluster());
}

/// <summary>The same.</summary>
public sealed class LinkDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new LinkCluster());
}

/// <summary>The same.</summary>
public sealed class LinkDirectoryLossContractTests : DirectoryLossContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => Task.FromResult<DirectoryCluster>(new LinkCluster());
}
