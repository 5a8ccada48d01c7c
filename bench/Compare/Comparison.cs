using System.Diagnostics;
using System.Text.Json;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>Runs loads against servers, side by side: each server is started afresh for each run, and the servers take turns.</summary>
internal static class Comparison
{
    /// <summary>What a run takes: long enough for a just-in-time compiler to be done, where that is not cut short.</summary>
    private static readonly (TimeSpan Warm, TimeSpan Length) Full = (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5));

    private static readonly (TimeSpan Warm, TimeSpan Length) Short = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3));

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>All of it, or what the budgets are about. The exit code is 1 where a delivery was lost, doubled, out of order or changed.</summary>
    public static async Task<int> RunAsync(bool quick, string folder)
    {
        await ServerList.PrepareNodeAsync();
        var (warm, length) = quick ? Short : Full;
        List<LoadResult> results = [];
        foreach (var load in quick ? LoadList.Quick : LoadList.All)
        {
            results.Add(await RunAsync(load, warm, length));
            Table.Print(results[^1]);
        }
        System.IO.Directory.CreateDirectory(folder);
        var report = new { Date = DateTime.UtcNow, Machine = Machine.Describe(), results };
        await File.WriteAllTextAsync(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(report, Json));
        await File.WriteAllTextAsync(Path.Combine(folder, "tables.md"), Table.Markdown(results));
        Console.WriteLine($"In {folder}: results.json, and tables.md for the documentation.");
        return results.Exists(result => result.Results.Any(server => server.Runs.Any(run => !run.IsRight))) ? 1 : 0;
    }

    /// <summary>One load; also for those who look at one thing.</summary>
    public static async Task<LoadResult> RunAsync(Load load, TimeSpan warm, TimeSpan length)
    {
        var runs = load.Servers.ToDictionary(server => server.Name, _ => new List<Measurement>());
        for (var round = 0; round < load.Rounds; round++)
        {
            foreach (var server in load.Servers)
            {
                var run = await Runner.RunAsync(server, load.Workers, load.Plan, warm, length);
                runs[server.Name].Add(run);
                if (run.Retries > 0)
                {
                    Console.Error.WriteLine($"{load.Name}, {server.Name}: {run.Retries} clients were not let in at first.");
                }
                if (!run.IsRight)
                {
                    Console.Error.WriteLine($"WRONG: {load.Name}, {server.Name}: of {run.Deliveries} deliveries {run.Lost} were lost, {run.Duplicates} came twice, {run.Disorder} out of order, {run.Broken} broken or astray.");
                }
            }
        }
        return LoadResult.Of(load, runs);
    }
}
