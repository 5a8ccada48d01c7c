using Orleans;
using Orleans.Runtime;

namespace OrleansAdapter.Grains;

/// <summary>What a directory's cluster consists of at a time, for people.</summary>
/// <param name="Silos">The silos that are starting, active or ending.</param>
/// <param name="Servers">The servers whose leases run.</param>
/// <param name="Homes">The namespaces that have a home, and in which silo it is.</param>
internal sealed record DirectoryView(
    IReadOnlyDictionary<SiloAddress, SiloStatus> Silos, IReadOnlyList<ServerDescription> Servers, IReadOnlyList<(string Namespace, SiloAddress Silo)> Homes)
{
    /// <summary>Asks the cluster. Its parts are not of exactly the same time.</summary>
    public static async Task<DirectoryView> ReadAsync(IClusterClient client)
    {
        var management = client.GetGrain<IManagementGrain>(0);
        var silos = management.GetHosts(onlyActive: false);
        var servers = client.GetGrain<IServerListGrain>(0).List(ProtocolVersion.Current);
        var homes = await Task.WhenAll((await management.GetActiveGrains(HomeGrain.Type).ConfigureAwait(false)).Select(async home =>
            (Namespace: home.Key.ToString()!, Silo: await management.GetActivationAddress(client.GetGrain(home)).ConfigureAwait(false)))).ConfigureAwait(false);
        return new DirectoryView(
            (await silos.ConfigureAwait(false)).Where(silo => silo.Value != SiloStatus.Dead).ToDictionary(),
            [.. (await servers.ConfigureAwait(false)).Messages.Select(bytes => ((Describe)MessageCodec.ReadServerMessage(bytes)).Description)],
            [.. from home in homes
                where home.Silo is not null && !WarmUpNamespaces.Is(home.Namespace)
                orderby home.Namespace
                select (home.Namespace, home.Silo)]);
    }
}
