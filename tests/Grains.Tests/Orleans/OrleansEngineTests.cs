using Orleans.Hosting;
using OrleansAdapter.Grains.Tests.Contract;

namespace OrleansAdapter.Grains.Tests.OnOrleans;

/// <summary>The contract, on one silo, with mailboxes on Orleans' memory streams.</summary>
public sealed class MemoryStreamsDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(Memory.Options);
}

/// <summary>The same.</summary>
public sealed class MemoryStreamsDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(Memory.Options);
}

/// <summary>The same.</summary>
public sealed class MemoryStreamsDirectoryLossContractTests : DirectoryLossContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(Memory.Options);
}

internal static class Memory
{
    private const string Name = "memory";

    public static OrleansClusterOptions Options { get; } = new()
    {
        StreamProvider = Name,
        Silo = silo => silo.AddMemoryStreams(Name, streams =>
        {
            streams.ConfigurePartitioning(2);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
        }),
        Client = client => client.AddMemoryStreams(Name, streams => streams.ConfigurePartitioning(2)),
    };
}

/// <summary>The contract, on one silo, with mailboxes on this engine's own streams: the default.</summary>
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

/// <summary>The contract, on two silos: grains lie on either, and so do the queues.</summary>
public sealed class TwoSilosDirectoryContractTests : DirectoryContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(new OrleansClusterOptions { Silos = 2 });
}

/// <summary>The same.</summary>
public sealed class TwoSilosDirectoryServersContractTests : DirectoryServersContract
{
    protected override Task<DirectoryCluster> NewClusterAsync() => OrleansCluster.StartAsync(new OrleansClusterOptions { Silos = 2 });
}
