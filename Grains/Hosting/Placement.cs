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
    /// <summary>The name of that silo; where there are several, each has an id behind it.</summary>
    public const string Name = "directory";

    private const char BeforePod = '@';

    /// <summary>The name of a directory's silo that is one of several.</summary>
    /// <param name="process">The id of its start.</param>
    /// <param name="pod">What says which pod it is in; null where it is in none.</param>
    public static string NameOf(ServerId process, string? pod = null) => pod is null ? $"{Name}-{process}" : $"{Name}-{process}{BeforePod}{pod}";

    /// <summary>Whether a silo is called so that it was that process.</summary>
    public static bool IsNameOf(string silo, ServerId process) =>
        silo.StartsWith(NameOf(process), StringComparison.Ordinal) && silo.Length - NameOf(process).Length is var more
        && (more == 0 || silo[^more] == BeforePod);

    /// <summary>The server in a silo, by its name: the silo of a worker, or the directory's, whose doors are a server; null where it does not say.</summary>
    public static ServerId? ServerOf(string silo)
    {
        var text = silo.StartsWith(Name + "-", StringComparison.Ordinal) ? silo[(Name.Length + 1)..].Split(BeforePod)[0] : silo;
        return ServerId.TryParse(text, out var server) ? server.Process : null;
    }

    /// <summary>What a silo's name says of the pod that it is in; null where it is in none.</summary>
    public static string? PodOf(string silo) => silo.IndexOf(BeforePod, StringComparison.Ordinal) is var at and >= 0 ? silo[(at + 1)..] : null;

    /// <summary>Whether a directory's silo is called so.</summary>
    public static bool IsNameOf(string silo) => silo == Name || silo.StartsWith(Name + "-", StringComparison.Ordinal);
}

/// <summary>Places a grain in the silo whose address its key is.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnSiloOfKeyAttribute() : PlacementAttribute(new OnSiloOfKey());

/// <inheritdoc cref="OnSiloOfKeyAttribute"/>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class OnSiloOfKey : PlacementStrategy;

/// <summary>Finds the silo for such a grain. If it is not there any more, another one is taken, in which nobody looks for anything of it.</summary>
internal sealed class SiloOfKeyDirector : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var key = target.GrainIdentity.Key.ToString();
        return Task.FromResult(
            Array.Find(compatible, silo => silo.ToParsableString() == key)
                ?? (compatible.Length == 0 || compatible.Contains(context.LocalSilo) ? context.LocalSilo : compatible[Random.Shared.Next(compatible.Length)]));
    }
}

/// <summary>Finds the silo for such a grain by its name: a server's silo is named for the server's id. If there is none, the caller's silo is taken.</summary>
internal sealed class NamedSiloDirector(ISiloStatusOracle silos) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var server = target.GrainIdentity.Key.ToString();
        var own = compatible.FirstOrDefault(
            silo => silos.TryGetSiloName(silo, out var name) && (strategy is OnDirectorySilo ? OnDirectorySilo.IsNameOf(name) : name == server));

        // There may be none at all, where the last silo ends and would move its grains elsewhere first.
        var local = compatible.Length == 0 || compatible.Contains(context.LocalSilo);
        return Task.FromResult(own ?? (local ? context.LocalSilo : compatible[Random.Shared.Next(compatible.Length)]));
    }
}

/// <summary>Declares the silo of a server dead when the server is reported dead, so that the cluster need not find out, which takes seconds.</summary>
internal sealed class SiloOfDeadServer(SiloDeaths deaths) : IDeathListener
{
    /// <inheritdoc/>
    public Task DiedAsync(ServerId process) => deaths.DeclareAsync(process);
}

/// <summary>Declares silos dead whose processes are known to be.</summary>
internal sealed class SiloDeaths(IClusterMembershipService membership, ISiloStatusOracle silos)
{
    /// <summary>Declares the silo dead that a process was: a server's, or a directory's.</summary>
    public async Task DeclareAsync(ServerId process)
    {
        var server = process.ToString();
        foreach (var silo in silos.GetApproximateSiloStatuses().Where(known => !known.Value.IsTerminating()).Select(known => known.Key))
        {
            if (silos.TryGetSiloName(silo, out var name) && (name == server || OnDirectorySilo.IsNameOf(name, process)) && !silo.Equals(silos.SiloAddress))
            {
                await membership.TryKill(silo);
            }
        }
    }
}
