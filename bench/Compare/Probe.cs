using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>Chosen loads against chosen servers, for those who change something and look at what it gave.</summary>
internal static class Probe
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string loads, string servers, int seconds, int repeat, int workers = 2)
    {
        var chosen = servers.Split(',').Select(ServerList.Find).ToList();
        await ServerList.PrepareNodeAsync();
        Console.WriteLine($"{"load",-12}{"server",-32}{"deliv./s",10}{"CPU us",8}{"kernel",8}{"own us",8}{"msg/read",10}{"p50 ms",9}{"p99",9}{"p99.9",9}{"max",9}{"MB",7}");
        var isRight = true;
        foreach (var load in Load.Budgeted.Where(load => loads == "all" || loads.Split(',').Contains(load.Name)))
        {
            for (var round = 0; round < repeat; round++)
            {
                foreach (var server in chosen)
                {
                    var m = await Runner.RunAsync(server, workers, load.Plan, Warm, TimeSpan.FromSeconds(seconds));
                    isRight &= m.IsRight;
                    Console.WriteLine($"{load.Name,-12}{server.Name,-32}{m.DeliveriesPerSecond,10:0}{m.CpuMicros,8:0.00}{m.KernelPart,8:0%}{m.ClientCpuMicros,8:0.00}{m.MessagesPerRead,10:0.00}"
                        + $"{m.P50,9:0.00}{m.P99,9:0.00}{m.P999,9:0.00}{m.Max,9:0.00}{m.Megabytes,7:0}"
                        + (m.IsRight ? "" : $"  WRONG: {m.Lost} lost, {m.Duplicates} twice, {m.Disorder} out of order, {m.Broken} broken or astray, of {m.Deliveries}"));
                }
            }
        }
        return isRight ? 0 : 1;
    }
}
