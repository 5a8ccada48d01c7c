using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Grains.Tests.Contract;
using OrleansAdapter.Testing;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>The contract, on one silo, with mailboxes on Orleans' memory streams.</summary>
public sealed class MemoryStreamsDirectoryContractTests : DirectoryContract
{
    public MemoryStreamsDirectoryContractTests() => FullRun.Needed(
        "The same contract runs on the mailbox streams, whole and faulty, and what is lost and what servers are told runs on these streams, always.");

    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(TestSilosOptions.OnMemoryStreams);
}

/// <summary>The same.</summary>
public sealed class MemoryStreamsDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(TestSilosOptions.OnMemoryStreams);
}

/// <summary>The same.</summary>
public sealed class MemoryStreamsDirectoryLossContractTests : DirectoryLossContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(TestSilosOptions.OnMemoryStreams);
}

/// <summary>The contract, on one silo, with mailboxes on the mailbox streams: the default.</summary>
public sealed class OrleansDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync();
}

/// <summary>The same.</summary>
public sealed class OrleansDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync();
}

/// <summary>The same.</summary>
public sealed class OrleansDirectoryLossContractTests : DirectoryLossContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync();
}

/// <summary>The contract, on two silos: grains lie on either, and a client has its connection to one of them.</summary>
public sealed class TwoSilosDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(new TestSilosOptions { Silos = 2, FirstStart = true });
}

/// <summary>The same.</summary>
public sealed class TwoSilosDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(new TestSilosOptions { Silos = 2, FirstStart = true });
}
