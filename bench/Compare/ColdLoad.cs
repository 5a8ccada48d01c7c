using System.Globalization;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>
/// How much a server costs in the first ten seconds after it is ready, beside what it costs once it is warm, and how long its start takes: servers take
/// turns, and the medians of the rounds count.
/// </summary>
internal static class ColdLoad
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(16);
    private static readonly string[] Head = ["server", "start s", "cold µs/delivery", "warm", "cold × warm", "cold p99 ms", "warm"];

    public static async Task<int> RunAsync(string names, string chosen, int rounds)
    {
        await ServerList.PrepareNodeAsync();
        var loads = names.Split(',').Select(name => OneByOne.All.Single(load => load.Name == name)).ToList();
        var servers = ServerList.ThatCanRun([.. chosen.Split(',').Select(ServerList.Find)]);
        var isRight = true;
        foreach (var load in loads)
        {
            var runs = servers.ToDictionary(server => server.Name, _ => new List<(double Start, Measurement Run)>());
            for (var round = 0; round < rounds; round++)
            {
                foreach (var server in servers)
                {
                    var (start, results) = await Runner.RunSeriesAsync(server, [load], Warm * server.Warming, Warm);
                    runs[server.Name].Add((start.TotalSeconds, results[0]));
                    Comparison.Complain(load.Name, server, results[0]);
                    isRight &= results[0].IsRight;
                }
            }
            new Table($"{load.Text}: cold and warm", Head, [.. servers.Select(server => Row(server, runs[server.Name]))]).Print();
        }
        return isRight ? 0 : 1;
    }

    private static string[] Row(Server server, List<(double Start, Measurement Run)> runs)
    {
        string Of(Func<(double Start, Measurement Run), double> value, string format) =>
            Median([.. runs.Select(value)]).ToString(format, CultureInfo.InvariantCulture);
        return
        [
            server.Name,
            Of(static run => run.Start, "0.0"),
            Of(static run => run.Run.Cold!.CpuMicros, "0.0"),
            Of(static run => run.Run.CpuMicros, "0.0"),
            Of(static run => run.Run.Cold!.CpuMicros / run.Run.CpuMicros, "0.00"),
            Of(static run => run.Run.Cold!.P99, "0.0"),
            Of(static run => run.Run.P99, "0.0"),
        ];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }
}
