using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>Chosen loads against chosen servers, for those who change something and look at what it gave.</summary>
internal static class ChosenLoads
{
    public static async Task<int> RunAsync(string loads, string servers, int warm, int seconds, int rounds)
    {
        await ServerList.PrepareNodeAsync();
        var chosen = servers.Split(',').Select(ServerList.Find).ToList();
        var names = loads.Split(',');
        var isRight = true;
        if (loads == "one-by-one")
        {
            var results = await OneByOne.RunAsync(chosen, rounds);
            results.ForEach(static result => Table.OfSeries(result).Print());
            return results.All(load => load.Results.All(server => server.Runs.All(run => run.IsRight))) ? 0 : 1;
        }
        var chosenLoads = LoadList.All.Where(load => loads == "all" || names.Contains(load.Name)).Concat(OneByOne.All.Where(load => names.Contains(load.Name)));
        foreach (var load in chosenLoads)
        {
            var result = await Comparison.RunAsync(load with { Servers = chosen, Rounds = rounds }, TimeSpan.FromSeconds(warm), TimeSpan.FromSeconds(seconds));
            Table.Of(result).Print();
            isRight &= result.Results.All(server => server.Runs.All(run => run.IsRight));
        }
        foreach (var load in LoadList.Openings.Where(load => loads == "all" || names.Contains(load.Name)))
        {
            Table.Of(await Comparison.RunAsync(load with { Servers = chosen })).Print();
        }
        return isRight ? 0 : 1;
    }
}
