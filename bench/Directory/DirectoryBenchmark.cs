using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.InProcess;

namespace OrleansAdapter.Bench.Directory;

/// <summary>
/// Publish to hand-over on another server: latency at 100 messages per second, and packets per second through one mailbox. In one process, and
/// on Orleans with silo, publisher and receiver in processes of their own. There also: no collapse under twice the load, and many rooms.
/// </summary>
internal static class DirectoryBenchmark
{
    private const int PerSecond = 100;
    private const int RoomsPerTick = 100;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine("200-byte packets from one server to one member on another; window 4096.");
        Console.WriteLine("Budgets across processes: p50 <= 1,000 us, >= 30,000 packets/s, directory's CPU when idle <= 2 %.");
        Console.WriteLine();
        Console.WriteLine(
            $"{"",-26}{"p50 us",10}{"p99 us",10}{"max us",10}{"packets/s",12}{"p99 us at that",16}{"lost",6}{"disorder",10}{"directory's CPU, idle",24}");
        await InProcessAsync();
        await AcrossProcessesAsync();
        return 0;
    }

    private static async Task InProcessAsync()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new DirectoryMetrics(services.GetRequiredService<IMeterFactory>());
        var options = new DirectoryHostOptions(new DirectoryOptions()) { FirstStart = true };
        await using var host = new DirectoryHost(options, metrics, TimeProvider.System, new Random(), NullLogger.Instance);
        await using var to = await StartAsync();
        await using var from = await StartAsync();
        var receiver = await to.ReceiveAsync(Load.Room);
        await MeasureAsync("in one process", from, async load =>
        {
            receiver.End = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await load();
            await receiver.End.Task;
            return Result.Of(receiver);
        });
        Console.WriteLine($"{"-",24}");

        Task<BenchServer> StartAsync() => BenchServer.StartAsync(server => server.AddSingleton<IDirectory>(new InProcessDirectory(host, ownsHost: false)));
    }

    private static async Task AcrossProcessesAsync()
    {
        var address = Cluster.FreeAddress();
        await using var directory = await Child.StartAsync("directory-role", "silo", address);
        await using (var receiver = await Child.StartAsync("directory-role", "receiver", address))
        await using (var from = await Cluster.StartServerAsync(address))
        {
            await MeasureAsync("Orleans, across processes", from, async load =>
            {
                await load();
                return await receiver.ReadAsync<Result>();
            });
            Console.WriteLine($"{await IdleAsync(directory),22:0.0} %");
            await TwoPublishersAsync(from, address);
        }
        await ManyRoomsAsync(address);
    }

    private static async Task MeasureAsync(string name, BenchServer from, Func<Func<Task>, Task<Result>> measure)
    {
        await measure(() => Publisher.SteadyAsync(from.Namespace, PerSecond, Warm));
        await measure(() => Publisher.ClosedLoopAsync(from.Namespace, Warm));
        var steady = await measure(() => Publisher.SteadyAsync(from.Namespace, PerSecond, Length));
        double rate = 0;
        long sent = 0;
        var loop = await measure(async () => (rate, sent) = await Publisher.ClosedLoopAsync(from.Namespace, Length));
        var lost = steady.Received + sent - loop.Received;
        Console.Write($"{name,-26}{steady.P50,10:0}{steady.P99,10:0}{steady.Max,10:0}{rate,12:0}{loop.P99,16:0}{lost,6}{loop.OutOfOrder,10}");
    }

    private static async Task<double> IdleAsync(Child child)
    {
        var (cpu, started) = (child.ProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(Length);
        return 100 * (child.ProcessorTime - cpu) / Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Two servers publish as fast as they can, each with a full window; warmed up as the one before was.</summary>
    private static async Task TwoPublishersAsync(BenchServer one, string address)
    {
        await using var two = await Cluster.StartServerAsync(address);
        await PublishAsync(Warm);
        var rates = await PublishAsync(Length);
        Console.WriteLine($"{"Orleans, two publishers",-26}{"",30}{rates.Sum(rate => rate.Rate),12:0}");

        Task<(double Rate, long Sent)[]> PublishAsync(TimeSpan length) =>
            Task.WhenAll(Publisher.ClosedLoopAsync(one.Namespace, length), Publisher.ClosedLoopAsync(two.Namespace, length));
    }

    /// <summary>Each room gets one message per second.</summary>
    private static async Task ManyRoomsAsync(string address)
    {
        await using var receiver = await Child.StartAsync("directory-role", "rooms", address);
        await using var from = await Cluster.StartServerAsync(address);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((double)RoomsPerTick / Load.Rooms));
        var started = Stopwatch.GetTimestamp();
        List<Task> sent = [];
        while (Stopwatch.GetElapsedTime(started) < Length)
        {
            await timer.WaitForNextTickAsync();
            for (var i = 0; i < RoomsPerTick; i++)
            {
                sent.Add(Publisher.PublishAsync(from.Namespace, Load.TargetOf(sent.Count % Load.Rooms), sent.Count));
            }
        }
        await Task.WhenAll(sent);
        var rate = sent.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Publisher.PublishAsync(from.Namespace, Load.TargetOf(0), -1);
        var result = await receiver.ReadAsync<Result>();
        var lost = sent.Count + 1 - result.Received;
        Console.WriteLine($"{"Orleans, 10,000 rooms",-26}{result.P50,10:0}{result.P99,10:0}{result.Max,10:0}{rate,12:0}{"",16}{lost,6}{result.OutOfOrder,10}");
    }
}
