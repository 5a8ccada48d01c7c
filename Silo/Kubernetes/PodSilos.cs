using Orleans.Runtime;
using OrleansAdapter.Grains;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>A silo in a pod.</summary>
/// <param name="Address">Its address; it is that of the pod.</param>
/// <param name="Pod">The pod's name.</param>
internal sealed record PodSilo(SiloAddress Address, string Pod);

/// <summary>The silos of the cluster, as far as they are in pods.</summary>
internal interface IPodSilos
{
    /// <summary>Whether this silo is one of those few that ask Kubernetes, so that a large cluster does not.</summary>
    bool IsWatcher { get; }

    /// <summary>The others that the table has as active, read anew.</summary>
    Task<IReadOnlyList<PodSilo>> OthersAsync();

    /// <summary>Says that a silo is dead.</summary>
    Task DeclareDeadAsync(PodSilo silo);
}

/// <summary>Those of this process's silo. The silo of a pod has the pod's name behind its own.</summary>
internal sealed class PodSilos(IClusterMembershipService membership, ILocalSiloDetails own) : IPodSilos
{
    private const int Watchers = 2;

    /// <inheritdoc/>
    public bool IsWatcher => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status == SiloStatus.Active && OnDirectorySilo.PodOf(member.Name) is not null)
        .Select(member => member.SiloAddress)
        .Order()
        .Take(Watchers)
        .Contains(own.SiloAddress);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PodSilo>> OthersAsync()
    {
        await membership.Refresh();
        return
        [
            .. from member in membership.CurrentSnapshot.Members.Values
                where member.Status == SiloStatus.Active && !member.SiloAddress.Equals(own.SiloAddress)
                let pod = OnDirectorySilo.PodOf(member.Name)
                where pod is not null
                select new PodSilo(member.SiloAddress, pod),
        ];
    }

    /// <inheritdoc/>
    public Task DeclareDeadAsync(PodSilo silo) => membership.TryKill(silo.Address);
}
