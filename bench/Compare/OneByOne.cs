using System.Globalization;
using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>
/// Messages one at a time, as people say them, against what others would pick instead. A server gets all of these loads in one life, the first of them
/// also while it is cold; the servers take turns, and the median of the rounds counts.
/// </summary>
internal static class OneByOne
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private static readonly IReadOnlyList<Server> QuickServers = [ServerList.Node, ServerList.Ours, ServerList.SignalRRedis, ServerList.SignalR];

    private static readonly IReadOnlyList<Server> AllServers =
        [ServerList.Node, ServerList.NodeStreams, ServerList.NodeSharded, ServerList.Ours, ServerList.SignalRRedis, ServerList.SignalR];

    /// <summary>All loads of it.</summary>
    public static IReadOnlyList<Load> All => Loads(quick: false);

    /// <summary>The results of all of it, or of two loads, once, for the quick run.</summary>
    public static async Task<List<LoadResult>> RunAsync(bool quick) => await RunAsync(Loads(quick), rounds: quick ? 1 : 3);

    /// <summary>The same for chosen servers, with all loads.</summary>
    public static async Task<List<LoadResult>> RunAsync(IReadOnlyList<Server> servers, int rounds) =>
        await RunAsync([.. Loads(quick: false).Select(load => load with { Servers = servers })], rounds);

    /// <summary>Chosen loads, in one life of each of the first one's servers in each round.</summary>
    public static async Task<List<LoadResult>> RunAsync(IReadOnlyList<Load> loads, int rounds)
    {
        var servers = ServerList.ThatCanRun(loads[0].Servers);
        var runs = loads.Select(_ => servers.ToDictionary(server => server.Name, _ => new List<Measurement>())).ToList();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var server in servers)
            {
                var results = await Runner.RunSeriesAsync(server, loads, Warm * server.Warming, Again);
                for (var i = 0; i < results.Count; i++)
                {
                    runs[i][server.Name].Add(results[i]);
                    Comparison.Complain(loads[i].Name, server, results[i]);
                }
            }
        }
        return [.. loads.Select((load, i) => LoadResult.Of(load with { Servers = servers }, runs[i]))];
    }

    private static Load[] Loads(bool quick)
    {
        var servers = quick ? QuickServers : AllServers;
        var first = new Load(
            "window-1",
            "100 rooms × 4 members, 50 publishers, each with one message out",
            Plan.SmallRooms(publishers: 50, members: 4, window: 1),
            servers)
        {
            Length = TimeSpan.FromSeconds(5),
        };
        var rates = quick ? [(100, 100)] : from members in new[] { 4, 20, 100 } from rate in new[] { 10, 100, 1000 } select (members, rate);
        return [first, .. rates.Select(load => AtRate(load.members, load.rate, servers))];
    }

    private static Load AtRate(int members, int rate, IReadOnlyList<Server> servers) => new(
        string.Create(CultureInfo.InvariantCulture, $"rate-{rate}-{members}"),
        string.Create(CultureInfo.InvariantCulture, $"1 room × {members} members, 2 publishers, {rate:#,0} messages/s"),
        Plan.OneRoom(members, publishers: 2, rate: rate),
        servers)
    {
        Length = TimeSpan.FromSeconds(Math.Max(5, 100 / rate)), // 100 messages at least
    };
}
