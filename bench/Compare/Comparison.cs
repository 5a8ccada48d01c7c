using System.Text.Json;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>Runs loads against servers, side by side: each server is started afresh for each run, and the servers take turns.</summary>
internal static class Comparison
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    /// <summary>Warming up takes longer than measuring: a just-in-time compiler has to be done with it. See also <see cref="Server.Warming"/>.</summary>
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(14);

    private static readonly TimeSpan QuickWarm = TimeSpan.FromSeconds(8);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>All of it, or what the budgets are about. The exit code is 1 where a delivery was lost, doubled, out of order or changed.</summary>
    public static async Task<int> RunAsync(bool quick, string folder)
    {
        await ServerList.PrepareNodeAsync();
        List<LoadResult> loads = [];
        List<OpeningResults> openings = [];
        List<Table> tables = [];
        foreach (var result in await OneByOne.RunAsync(quick))
        {
            loads.Add(result);
            tables.Add(Table.OfSeries(result));
            tables[^1].Print();
        }
        foreach (var load in quick ? LoadList.Quick : LoadList.All)
        {
            loads.Add(await RunAsync(load, load.IsWarm && !quick ? Warm : QuickWarm, Length));
            tables.Add(Table.Of(loads[^1]));
            tables[^1].Print();
        }
        foreach (var load in quick ? [] : LoadList.Openings)
        {
            openings.Add(await RunAsync(load));
            tables.Add(Table.Of(openings[^1]));
            tables[^1].Print();
        }
        System.IO.Directory.CreateDirectory(folder);
        var report = new { Date = DateTime.UtcNow, Machine = Machine.Describe(), Loads = loads, Openings = openings };
        await File.WriteAllTextAsync(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(report, Json));
        await File.WriteAllTextAsync(Path.Combine(folder, "tables.md"), string.Concat(tables.Select(table => table.Markdown())));
        Console.WriteLine($"In {folder}: results.json, and tables.md for the documentation.");
        return loads.Exists(result => result.Results.Any(server => server.Runs.Any(run => !run.IsRight))) ? 1 : 0;
    }

    public static async Task<OpeningResults> RunAsync(OpeningLoad load)
    {
        List<OpeningResult> results = [];
        foreach (var server in load.Servers)
        {
            results.Add(await load.RunAsync(server, workers: 2));
            if (results[^1].Retries > 0)
            {
                Console.Error.WriteLine($"{load.Name}, {server.Name}: {results[^1].Retries} clients were not let in at first.");
            }
        }
        return new OpeningResults(load.Name, load.Text, results);
    }

    /// <summary>One load; also for those who look at one thing.</summary>
    public static async Task<LoadResult> RunAsync(Load load, TimeSpan warm, TimeSpan length)
    {
        load = load with { Servers = ServerList.ThatCanRun(load.Servers) };
        var runs = load.Servers.ToDictionary(server => server.Name, _ => new List<Measurement>());
        for (var round = 0; round < load.Rounds; round++)
        {
            foreach (var server in load.Servers)
            {
                var run = await Runner.RunAsync(server, load.Workers, load.Plan, warm * server.Warming, length);
                runs[server.Name].Add(run);
                Complain(load.Name, server, run);
            }
        }
        return LoadResult.Of(load, runs);
    }

    /// <summary>Says what was wrong with a run.</summary>
    public static void Complain(string load, Server server, Measurement run)
    {
        if (run.Retries > 0)
        {
            Console.Error.WriteLine($"{load}, {server.Name}: {run.Retries} clients were not let in at first.");
        }
        if (!run.IsRight)
        {
            Console.Error.WriteLine(
                $"WRONG: {load}, {server.Name}: of {run.Deliveries} deliveries {run.Lost} were lost, {run.Duplicates} came twice, "
                + $"{run.Disorder} out of order, {run.Broken} broken or astray.");
        }
    }
}
