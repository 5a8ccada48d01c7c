using Orleans.Runtime;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>A silo in a pod.</summary>
/// <param name="Address">The silo's address.</param>
/// <param name="Pod">The pod.</param>
internal sealed record PodSilo(SiloAddress Address, PodId Pod);

/// <summary>The silos of the cluster, as far as they are in pods of the same Kubernetes cluster and namespace as this one.</summary>
internal interface IPodSilos
{
    /// <summary>The pod that this silo is in.</summary>
    PodId Own { get; }

    /// <summary>Whether this silo is one of those few that ask Kubernetes, so that a large cluster does not.</summary>
    bool IsWatcher { get; }

    /// <summary>The others that the table has as active, read anew.</summary>
    Task<IReadOnlyList<PodSilo>> OthersAsync();

    /// <summary>Tells Orleans that a silo is dead; it is written to the table soon after.</summary>
    Task DeclareDeadAsync(PodSilo silo);
}

/// <summary>Those of this process's silo. A silo in a pod has the pod behind its own name.</summary>
internal sealed class PodSilos(IClusterMembershipService membership, ILocalSiloDetails own) : IPodSilos
{
    private const int Watchers = 2;

    /// <inheritdoc/>
    public PodId Own { get; } = PodId.OfSilo(own.Name)
        ?? throw new ArgumentException($"The silo's name, {own.Name}, does not say which pod it is in.", nameof(own));

    /// <inheritdoc/>
    public bool IsWatcher => Active().Select(silo => silo.Address).Order().Take(Watchers).Contains(own.SiloAddress);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PodSilo>> OthersAsync()
    {
        await membership.Refresh();
        return [.. Active().Where(silo => !silo.Address.Equals(own.SiloAddress))];
    }

    /// <inheritdoc/>
    public Task DeclareDeadAsync(PodSilo silo) => membership.TryKill(silo.Address);

    private IEnumerable<PodSilo> Active() =>
        from member in membership.CurrentSnapshot.Members.Values
        where member.Status == SiloStatus.Active
        let pod = PodId.OfSilo(member.Name)
        where pod is not null && pod.Place == Own.Place
        select new PodSilo(member.SiloAddress, pod);
}
