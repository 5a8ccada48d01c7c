using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansAdapter.Grains;

/// <summary>Places a server's grain on the silo that the server is, where servers are silos.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnItsServerAttribute() : PlacementAttribute(new OnItsServer());

/// <inheritdoc cref="OnItsServerAttribute"/>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class OnItsServer : PlacementStrategy;

/// <summary>Places a grain on the silo of the directory's process, where there is one: it does not die with a server, and learns of the deaths of all.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnDirectorySiloAttribute() : PlacementAttribute(new OnDirectorySilo());

/// <inheritdoc cref="OnDirectorySiloAttribute"/>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class OnDirectorySilo : PlacementStrategy
{
    /// <summary>The name of that silo.</summary>
    public const string Name = "directory";
}

/// <summary>Knows silos by their names: that of a server's silo is the server's id. Where there is no silo of the name, the caller's will do.</summary>
internal sealed class NamedSiloDirector(ISiloStatusOracle silos) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var wanted = strategy is OnDirectorySilo ? OnDirectorySilo.Name : target.GrainIdentity.Key.ToString();
        var own = compatible.FirstOrDefault(silo => silos.TryGetSiloName(silo, out var name) && name == wanted);

        // There may be none at all, where the last silo ends and would move its grains elsewhere first.
        var local = compatible.Length == 0 || compatible.Contains(context.LocalSilo);
        return Task.FromResult(own ?? (local ? context.LocalSilo : compatible[Random.Shared.Next(compatible.Length)]));
    }
}

/// <summary>Where servers are silos, a server that is reported dead is a silo that is: the cluster need not find out by itself, which takes seconds.</summary>
internal sealed class SiloOfDeadServer(IClusterMembershipService membership, ISiloStatusOracle silos) : IDeathListener
{
    /// <inheritdoc/>
    public async Task DiedAsync(ServerId process)
    {
        var server = process.ToString();
        foreach (var silo in silos.GetApproximateSiloStatuses().Where(known => !known.Value.IsTerminating()).Select(known => known.Key))
        {
            if (silos.TryGetSiloName(silo, out var name) && name == server && !silo.Equals(silos.SiloAddress))
            {
                await membership.TryKill(silo);
            }
        }
    }
}
