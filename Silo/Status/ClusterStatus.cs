using System.Net;
using OrleansAdapter.Grains;

namespace OrleansAdapter.Silo.Status;

/// <summary>The status of the cluster that a primary is part of: all machines of it.</summary>
/// <param name="Machines">Its machines, by address. Those on which only other hosts' servers run may lack.</param>
/// <param name="Elsewhere">The names of servers that do not tell on which machine they are.</param>
internal sealed record ClusterStatus(IReadOnlyList<MachineStatus> Machines, IReadOnlyList<string> Elsewhere)
{
    /// <summary>Puts together what the cluster says.</summary>
    public static ClusterStatus Of(DirectoryView view)
    {
        var homes = view.Homes.ToLookup(home => home.Silo, home => home.Namespace);
        var silos = view.Silos.ToLookup(
            silo => silo.Key.Endpoint.Address.ToString(),
            silo => new SiloStatus(silo.Key.Endpoint.ToString(), silo.Value.ToString().ToLowerInvariant(), [.. homes[silo.Key]]),
            StringComparer.Ordinal);
        var only = silos.Count == 1 ? silos.Single().Key : "";
        var servers = view.Servers.ToLookup(server => MachineOf(server, only), StringComparer.Ordinal);
        return new ClusterStatus(
            [.. from address in silos.Select(silo => silo.Key).Union(servers.Select(server => server.Key)).Where(address => address.Length > 0)
                orderby address
                let here = servers[address].OrderBy(server => server.Name, StringComparer.Ordinal).ToArray()
                select new MachineStatus(address, [.. silos[address]], [.. here.Select(server => server.Name)], here.Sum(server => server.Sockets))],
            [.. servers[""].Select(server => server.Name).Order(StringComparer.Ordinal)]);
    }

    /// <summary>The IP address in the address at which others reach a server with requests. With a socket file it is on the only machine.</summary>
    private static string MachineOf(ServerDescription server, string only) => server.Address switch
    {
        { } address when address.StartsWith("unix:", StringComparison.Ordinal) => only,
        { } address when Uri.TryCreate(address, UriKind.Absolute, out var uri) && IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) => ip.ToString(),
        _ => "",
    };
}

/// <summary>The status of one machine of a cluster.</summary>
/// <param name="Address">Its IP address in the cluster.</param>
/// <param name="Silos">Its silos.</param>
/// <param name="Servers">The names of its servers.</param>
/// <param name="Sockets">How many sockets they hold.</param>
internal sealed record MachineStatus(string Address, IReadOnlyList<SiloStatus> Silos, IReadOnlyList<string> Servers, int Sockets);

/// <summary>The status of one silo.</summary>
/// <param name="Address">Its address and port for other silos.</param>
/// <param name="State">What the others take it for: <c>active</c>, <c>joining</c>, <c>shuttingdown</c> and so on.</param>
/// <param name="Homes">The namespaces whose homes it has.</param>
internal sealed record SiloStatus(string Address, string State, IReadOnlyList<string> Homes);
