using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>
/// How much a server costs in the first ten seconds after it is ready, beside what it costs once it is warm, and how long its start takes. Each load of the
/// series one by one gets a life of its own.
/// </summary>
internal static class ColdLoad
{
    public static async Task<int> RunAsync(string names, string chosen, int rounds)
    {
        await ServerList.PrepareNodeAsync();
        var servers = chosen.Split(',').Select(ServerList.Find).ToList();
        var isRight = true;
        foreach (var name in names.Split(','))
        {
            var load = OneByOne.All.Single(load => load.Name == name) with { Servers = servers };
            foreach (var result in await OneByOne.RunAsync([load], rounds))
            {
                Table.OfCold(result).Print();
                isRight &= result.Results.All(static server => server.Runs.All(static run => run.IsRight));
            }
        }
        return isRight ? 0 : 1;
    }
}
