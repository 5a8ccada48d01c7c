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
