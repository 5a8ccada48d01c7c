using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Bench.Compare;
using OrleansAdapter.Bench.Connections;
using OrleansAdapter.Bench.Servers;
using OrleansAdapter.SocketIO;

namespace OrleansAdapter.Bench.Recovery;

/// <summary>What recovery costs in processor time and memory, beside the same without it: off and on by turns, in one run.</summary>
internal static class RecoveryLoad
{
    private const int Rounds = 3;
    private const double Budget = 1.10;
    private const int Members = 100;
    private const int Own = 300;

    private static readonly string[] Loads = ["room-100", "rooms", "steady"];
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    /// <summary>The loads of the comparison, on a cluster of two workers; whether they cost no more than they may.</summary>
    public static async Task<bool> CompareAsync()
    {
        var on = ServerList.Find("ours+SocketIO__ConnectionStateRecovery__MaxDisconnectionDuration=00:02:00") with { Name = "on" };
        var off = ServerList.Ours with { Name = "off" };
        var isCheap = true;
        foreach (var load in LoadList.All.Where(load => Loads.Contains(load.Name)))
        {
            var result = await Comparison.RunAsync(load with { Servers = [off, on], Rounds = Rounds, Budget = null }, Warm, Length);
            var (without, with) = (result.Results[0], result.Results[1]);
            // Whatever else runs on the machine only adds.
            var ratio = with.Runs.Min(run => run.CpuMicros) / without.Runs.Min(run => run.CpuMicros);
            Console.WriteLine($"{load.Text}, all processes of the cluster, least of {Rounds} rounds:");
            foreach (var each in result.Results)
            {
                Console.WriteLine(
                    $"  {each.Server,-3}  {each.Runs.Min(run => run.CpuMicros),6:F2} µs of processor time per delivery"
                    + $"  p99 {each.Runs.Min(run => run.P99),7:F2} ms  {each.Runs.Min(run => run.Megabytes),5:F0} MB");
            }
            Console.WriteLine($"  on / off {ratio:F2}   (budget: {Budget:F2})");
            isCheap &= ratio <= Budget && result.Results.All(each => each.Runs.All(run => run.IsRight));
        }
        return isCheap;
    }

    /// <summary><c>socket.Emit</c>, which goes through the namespace's order where there are sessions: the server and the directory in this process.</summary>
    public static async Task MeasureEmitAsync()
    {
        var (off, on) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            off = Math.Min(off, await EmitCostAsync(recovery: false));
            on = Math.Min(on, await EmitCostAsync(recovery: true));
        }
        Console.WriteLine($"socket.Emit to {Members} clients, server and directory in one process, least of {Rounds} rounds:");
        Console.WriteLine($"  off {off:F2} µs  on {on:F2} µs of processor time per event: on / off {on / off:F2}");
    }

    private static async Task<double> EmitCostAsync(bool recovery)
    {
        await using var app = await RecoveryBenchmark.StartAsync(recovery, keepsSockets: true);
        using var clients = await IdleClients.StartAsync(IdleClients.Reading, RecoveryBenchmark.Address(app).Port, Members);
        await EmitAsync(app);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await EmitAsync(app);
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMicroseconds / (Own * Members);
    }

    private static async Task EmitAsync(WebApplication app)
    {
        var io = app.Services.GetRequiredService<SocketIOServer>();
        var sockets = app.Services.GetRequiredService<ConnectedSockets>().All;
        for (var n = 0; n < Own; n++)
        {
            foreach (var socket in sockets)
            {
                socket.Emit("said", n, "a message of the length that people write, more or less");
            }
            // Behind all of them in the order: nothing piles up, with recovery or without.
            await io.Emit("round", n);
        }
    }
}

/// <summary>The sockets that came to a server.</summary>
internal sealed class ConnectedSockets
{
    private readonly List<SocketIOSocket> _sockets = [];

    public IReadOnlyList<SocketIOSocket> All
    {
        get
        {
            lock (_sockets)
            {
                return [.. _sockets];
            }
        }
    }

    public void Add(SocketIOSocket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
        }
    }
}
