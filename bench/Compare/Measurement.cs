using System.Diagnostics;
using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>What one run of a load against one server gave.</summary>
internal sealed record Measurement
{
    public required double DeliveriesPerSecond { get; init; }

    /// <summary>Processor time of all of the server's processes, for each delivery.</summary>
    public required double CpuMicros { get; init; }

    /// <summary>How much of that was in the kernel, from 0 to 1.</summary>
    public required double KernelPart { get; init; }

    /// <summary>Processor time of the load generator for each delivery.</summary>
    public required double ClientCpuMicros { get; init; }

    /// <summary>How many messages a client's read brought.</summary>
    public required double MessagesPerRead { get; init; }

    /// <summary>Milliseconds from sending to the last member.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    public required double Megabytes { get; init; }

    /// <summary>The same for the first ten seconds after the server was ready; nothing where that was not asked for.</summary>
    public Cold? Cold { get; init; }

    /// <summary>How many clients had to connect a second time.</summary>
    public required int Retries { get; init; }

    public required long Messages { get; init; }

    public required long Deliveries { get; init; }

    public required long Lost { get; init; }

    public required long Duplicates { get; init; }

    public required long Disorder { get; init; }

    public required long Broken { get; init; }

    /// <summary>Whether each member got each message once, whole and in order.</summary>
    public bool IsRight => Deliveries > 0 && Lost + Duplicates + Disorder + Broken == 0;
}

/// <summary>What the first seconds after a server was ready gave.</summary>
/// <param name="CpuMicros">Processor time of all of the server's processes, for each delivery.</param>
/// <param name="P99">Milliseconds from sending to the last member.</param>
/// <param name="StartSeconds">How long it took until then.</param>
internal sealed record Cold(double CpuMicros, double P99, double StartSeconds);

/// <summary>Runs loads against a server.</summary>
internal static class Runner
{
    private static readonly TimeSpan ColdTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(15);

    public static async Task<Measurement> RunAsync(Server server, int workers, Plan plan, TimeSpan warm, TimeSpan length)
    {
        await using var running = await RunningServer.StartAsync(server, workers);
        using var crowd = new Crowd(plan, server.Wire, running.Ports);
        crowd.Open();
        return Measure(running, crowd, warm, length);
    }

    /// <summary>Several loads in the life of one server: the first when it is cold, and again when it is warm, the others then.</summary>
    /// <param name="warm">For how long the first load goes on, unmeasured, once it is not cold any more.</param>
    /// <param name="again">For how long each of the others does.</param>
    public static async Task<List<Measurement>> RunSeriesAsync(Server server, IReadOnlyList<Load> loads, TimeSpan warm, TimeSpan again)
    {
        var began = Stopwatch.GetTimestamp();
        await using var running = await RunningServer.StartAsync(server, loads[0].Workers);
        var start = Stopwatch.GetElapsedTime(began);
        var end = Crowd.Deadline(ColdTime);
        List<Measurement> results = [];
        foreach (var load in loads)
        {
            using var crowd = new Crowd(load.Plan, server.Wire, running.Ports);
            crowd.Open();
            var cold = results.Count == 0 ? MeasureCold(running, crowd, end, start) : null;
            results.Add(Measure(running, crowd, cold is null ? again : warm, load.Length) with { Cold = cold });
        }
        return results;
    }

    private static Cold MeasureCold(RunningServer server, Crowd crowd, long until, TimeSpan start)
    {
        crowd.Deliveries.Measure(Stopwatch.GetTimestamp(), until);
        var (user, kernel) = server.ProcessorTime;
        crowd.Speak(until);
        var (userAfter, kernelAfter) = server.ProcessorTime;
        var used = userAfter + kernelAfter - user - kernel;
        return new Cold(used * 1e6 / Math.Max(1, crowd.Deliveries.Measured), Quantile.Of(crowd.Deliveries.Latencies, 0.99), start.TotalSeconds);
    }

    private static Measurement Measure(RunningServer server, Crowd crowd, TimeSpan warm, TimeSpan length)
    {
        crowd.Speak(Crowd.Deadline(warm));
        GC.Collect();
        var from = Stopwatch.GetTimestamp();
        var until = Crowd.Deadline(length);
        crowd.Deliveries.Measure(from, until);
        var (cpu, own, counts) = (server.ProcessorTime, Environment.CpuUsage.TotalTime, crowd.Counts);
        crowd.Speak(until);
        var (user, kernel) = server.ProcessorTime;
        var (cpuAfter, ownAfter, countsAfter) = (user + kernel, Environment.CpuUsage.TotalTime, crowd.Counts);
        var megabytes = server.Megabytes;
        crowd.Drain(DrainTime);
        var deliveries = crowd.Deliveries;
        var latencies = deliveries.Latencies;
        var measured = Math.Max(1, deliveries.Measured);
        var used = cpuAfter - cpu.User - cpu.Kernel;
        return new Measurement
        {
            DeliveriesPerSecond = deliveries.Measured / length.TotalSeconds,
            CpuMicros = used * 1e6 / measured,
            KernelPart = (kernel - cpu.Kernel) / Math.Max(used, 0.01),
            ClientCpuMicros = (ownAfter - own).TotalMicroseconds / measured,
            MessagesPerRead = (double)(countsAfter.Messages - counts.Messages) / Math.Max(1, countsAfter.Reads - counts.Reads),
            P50 = Quantile.Of(latencies, 0.5),
            P99 = Quantile.Of(latencies, 0.99),
            P999 = Quantile.Of(latencies, 0.999),
            Max = Quantile.Of(latencies, 1),
            Megabytes = megabytes,
            Retries = crowd.Retries,
            Messages = deliveries.Messages,
            Deliveries = deliveries.Total,
            Lost = deliveries.Lost(),
            Duplicates = deliveries.Duplicates,
            Disorder = deliveries.Disorder,
            Broken = deliveries.Broken + deliveries.Strays,
        };
    }
}
