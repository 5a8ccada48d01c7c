using System.Collections.Immutable;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>
/// The servers in silos that the table has as dead: a silo's death is its server's, and a home that is made because of it must not wait for that one. Which
/// server is in a silo, its name says.
/// </summary>
internal sealed class DeadServers(IClusterMembershipService membership)
{
    private Known _known = new(null, []);

    /// <summary>Those of the table as it was read last: the same set until a silo dies or is forgotten.</summary>
    public ImmutableHashSet<ServerId> Now
    {
        get
        {
            var (known, snapshot) = (Volatile.Read(ref _known), membership.CurrentSnapshot);
            if (!ReferenceEquals(known.Of, snapshot))
            {
                var dead = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead)
                    .Select(member => OnDirectorySilo.ServerOf(member.Name))
                    .OfType<ServerId>()
                    .ToImmutableHashSet();
                known = new Known(snapshot, dead.SetEquals(known.Dead) ? known.Dead : dead);
                Volatile.Write(ref _known, known);
            }
            return known.Dead;
        }
    }

    /// <summary>Those that have died since the set that the caller saw last, which is the one of now from here on.</summary>
    public IEnumerable<ServerId> Since(ref ImmutableHashSet<ServerId> seen)
    {
        var (now, before) = (Now, seen);
        seen = now;
        return ReferenceEquals(now, before) ? [] : now.Except(before);
    }

    private sealed record Known(ClusterMembershipSnapshot? Of, ImmutableHashSet<ServerId> Dead);
}
