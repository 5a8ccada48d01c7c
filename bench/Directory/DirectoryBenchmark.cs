using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Bench.Directory;

/// <summary>
/// Publish to hand-over on another server: latency at 100 messages per second, and packets per second through one mailbox. In one process, and
/// with directory, publisher and receiver in processes of their own.
/// </summary>
internal static partial class DirectoryBenchmark
{
    private const int PerSecond = 100;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine("200-byte packets from one server to one member on another; window 4096. Budgets: p50 <= 500 us, >= 100,000 packets/s (Local).");
        Console.WriteLine();
        Console.WriteLine($"{"engine",-26}{"p50 us",10}{"p99 us",10}{"max us",10}{"packets/s",12}{"p99 us at that",16}{"lost",6}{"disorder",10}{"directory's CPU, idle",24}");
        await InProcessAsync();
        await AcrossProcessesAsync();
        List<Func<Task>> more = [];
        AddOrleans(more);
        foreach (var engine in more)
        {
            await engine();
        }
        return 0;
    }

    /// <summary>Adds the Orleans engine's lines. Implemented in a folder named Orleans/, and so only where the build has it.</summary>
    static partial void AddOrleans(List<Func<Task>> more);

    private static async Task InProcessAsync()
    {
        await using var host = new DirectoryHost(new DirectoryHostOptions(new RoomsOptions(), new ServersOptions(), FirstStart: true), TimeProvider.System, new Random(), NullLogger.Instance);
        await using var to = await BenchServer.StartAsync(services => services.AddSingleton<IDirectory>(new LocalDirectory(host, ownsHost: false)));
        await using var from = await BenchServer.StartAsync(services => services.AddSingleton<IDirectory>(new LocalDirectory(host, ownsHost: false)));
        var receiver = await to.ReceiveAsync();
        await MeasureAsync("Local, in one process", from, async load =>
        {
            receiver.End = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await load();
            await receiver.End.Task;
            return Result.Of(receiver);
        });
        Console.WriteLine($"{"-",24}");
    }

    private static async Task AcrossProcessesAsync()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("orleansadapter-bench-");
        try
        {
            var socket = Path.Combine(folder.FullName, "directory");
            await using var directory = await Child.StartAsync("directory-role", "host", socket);
            await using var receiver = await Child.StartAsync("directory-role", "receiver", socket);
            await using var from = await BenchServer.StartAsync(services => services.AddLocalDirectory(options => (options.SocketPath, options.Secret) = (socket, Roles.Secret)));
            await MeasureAsync("Local, across processes", from, async load =>
            {
                await load();
                return await receiver.ReadAsync<Result>();
            });
            Console.WriteLine($"{await IdleAsync(directory),22:0.0} %");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string engine, BenchServer from, Func<Func<Task>, Task<Result>> measure)
    {
        await measure(() => Publisher.SteadyAsync(from.Namespace, PerSecond, Warm));
        await measure(() => Publisher.ClosedLoopAsync(from.Namespace, Warm));
        var steady = await measure(() => Publisher.SteadyAsync(from.Namespace, PerSecond, Length));
        double rate = 0;
        long sent = 0;
        var loop = await measure(async () => (rate, sent) = await Publisher.ClosedLoopAsync(from.Namespace, Length));
        var lost = steady.Received + sent - loop.Received;
        Console.Write($"{engine,-26}{steady.P50,10:0}{steady.P99,10:0}{steady.Max,10:0}{rate,12:0}{loop.P99,16:0}{lost,6}{loop.OutOfOrder,10}");
    }

    private static async Task<double> IdleAsync(Child child)
    {
        var (cpu, started) = (child.ProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(Length);
        return 100 * (child.ProcessorTime - cpu) / Stopwatch.GetElapsedTime(started);
    }
}
