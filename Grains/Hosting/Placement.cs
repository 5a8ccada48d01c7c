using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansAdapter.Grains;

/// <summary>Places a server's grain in the server's own silo, where servers are silos.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnItsServerAttribute() : PlacementAttribute(new OnItsServer());

/// <inheritdoc cref="OnItsServerAttribute"/>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class OnItsServer : PlacementStrategy;

/// <summary>Places a grain in the silo of the directory's process, if there is one, because that silo does not die with a server.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnDirectorySiloAttribute() : PlacementAttribute(new OnDirectorySilo());

/// <inheritdoc cref="OnDirectorySiloAttribute"/>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class OnDirectorySilo : PlacementStrategy
{
    /// <summary>The name of that silo.</summary>
    public const string Name = "directory";
}

/// <summary>Finds the silo for such a grain by its name: a server's silo is named for the server's id. If there is none, the caller's silo is taken.</summary>
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

/// <summary>Declares the silo of a server dead when the server is reported dead, so that the cluster need not find out, which takes seconds.</summary>
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
