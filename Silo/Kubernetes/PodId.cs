using System.Security.Cryptography;
using System.Text;
using OrleansAdapter.Grains;

namespace OrleansAdapter.Silo.Kubernetes;

/// <summary>
/// Which pod a silo is in, as the silo's name says it: the one pod of its uid, that no later one is taken for, whatever its name and address.
/// </summary>
/// <param name="Place">
/// Names the Kubernetes cluster and the namespace in it: who asks Kubernetes about the pods of its own place knows nothing of those of another.
/// </param>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Name">The pod's name.</param>
internal sealed record PodId(string Place, string Uid, string Name)
{
    /// <summary>
    /// A longer name is refused: tables of silos take 150 characters for a silo's. Names of Deployments' and StatefulSets' pods are no longer.
    /// </summary>
    public const int LongestName = 63;

    private const int PlaceBytes = 6;

    /// <summary>The pod of an environment.</summary>
    /// <param name="pod">What the pod was told of itself.</param>
    /// <param name="authority">The certificate of its Kubernetes cluster's authority, which no two have in common.</param>
    public static PodId Of(PodEnvironment pod, ReadOnlySpan<byte> authority)
    {
        var place = SHA256.HashData([.. authority, 0, .. Encoding.UTF8.GetBytes(pod.Namespace)]);
        return new PodId(Convert.ToHexStringLower(place.AsSpan(0, PlaceBytes)), pod.Uid, pod.Name);
    }

    /// <summary>The pod that a silo is in, by its name; null where it is in none.</summary>
    public static PodId? OfSilo(string? silo) =>
        silo is not null && OnDirectorySilo.PodOf(silo)?.Split('/') is [var place, var uid, var name] ? new PodId(place, uid, name) : null;

    /// <summary>As it stands in a silo's name.</summary>
    public override string ToString() => $"{Place}/{Uid}/{Name}";
}
