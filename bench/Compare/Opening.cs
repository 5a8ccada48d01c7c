using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Compare;

/// <summary>What it costs to connect, and to be connected and say nothing.</summary>
/// <param name="Server">Whose figures they are.</param>
/// <param name="Clients">How many connected.</param>
/// <param name="PerSecond">Connections made each second.</param>
/// <param name="CpuMicros">Processor time of all of the server's processes for each of them.</param>
/// <param name="P50">Milliseconds from the connect to being in the namespace.</param>
/// <param name="P99">The same.</param>
/// <param name="Kilobytes">Memory of all of the server's processes for each connection.</param>
/// <param name="IdleCpu">Processor time while nothing happens, as a part of one core.</param>
/// <param name="Retries">How many clients had to connect a second time.</param>
internal sealed record OpeningResult(
    string Server,
    int Clients,
    double PerSecond,
    double CpuMicros,
    double P50,
    double P99,
    double Kilobytes,
    double IdleCpu,
    int Retries);

/// <summary>A load of connections.</summary>
internal sealed record OpeningLoad(string Name, string Text, int Clients, bool Polling, IReadOnlyList<Server> Servers)
{
    private const int Warm = 500;
    private const int AtOnce = 32;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    public async Task<OpeningResult> RunAsync(Server server, int workers)
    {
        await using var running = await RunningServer.StartAsync(server, workers);
        using var warm = new Crowd(Plan.Idle(Warm), server.Wire, running.Ports);
        warm.Open(AtOnce);
        warm.Listen(Crowd.Deadline(Settle));
        var memory = running.Megabytes;
        var (cpu, started) = (running.ProcessorTime, Stopwatch.GetTimestamp());
        var retries = 0;
        List<double> times = [];
        using var crowd = new Crowd(Plan.Idle(Polling ? 0 : Clients), server.Wire, running.Ports);
        using var polling = new DisposableList<PollingClients>(running.Ports.Select(port => new PollingClients(port)));
        if (Polling)
        {
            await Task.WhenAll(polling.Items.Select(clients => clients.OpenAsync(Clients / polling.Items.Count, AtOnce / polling.Items.Count)));
            times.AddRange(polling.Items.SelectMany(clients => clients.OpeningTimes));
            retries = polling.Items.Sum(clients => clients.Retries);
        }
        else
        {
            crowd.Open(AtOnce);
            times.AddRange(crowd.OpeningTimes);
            retries = crowd.Retries;
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var opened = running.ProcessorTime;
        crowd.Listen(Crowd.Deadline(Settle));
        var idle = running.ProcessorTime;
        crowd.Listen(Crowd.Deadline(Idle));
        var after = running.ProcessorTime;
        times.Sort();
        return new OpeningResult(
            server.Name,
            Clients,
            Clients / seconds,
            (opened.User + opened.Kernel - cpu.User - cpu.Kernel) * 1e6 / Clients,
            times[times.Count / 2],
            times[(int)(times.Count * 0.99)],
            (running.Megabytes - memory) * 1024 / Clients,
            (after.User + after.Kernel - idle.User - idle.Kernel) / Idle.TotalSeconds,
            retries);
    }

    private sealed class DisposableList<T>(IEnumerable<T> items) : IDisposable
        where T : IDisposable
    {
        public List<T> Items { get; } = [.. items];

        public void Dispose() => Items.ForEach(item => item.Dispose());
    }
}

/// <summary>All results of one load of connections.</summary>
internal sealed record OpeningResults(string Name, string Text, IReadOnlyList<OpeningResult> Results)
{
    public static string[] Head { get; } = ["server", "connections/s", "CPU µs each", "p50 ms", "p99", "KB each", "CPU when idle"];

    public List<string[]> Rows => [.. Results.Select(result => new[]
    {
        result.Server,
        Format(result.PerSecond, "#,0"),
        Format(result.CpuMicros, "0"),
        Format(result.P50, "0.0"),
        Format(result.P99, "0.0"),
        Format(result.Kilobytes, "0.0"),
        Format(result.IdleCpu, "0.0%"),
    })];

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
