using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.Bench.Directory;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Requests;

/// <summary>
/// How long it takes to fetch all sockets of a room, and to have a broadcast acknowledged by all of them, with the sockets spread over three
/// servers in processes of their own, and the directory in a silo.
/// </summary>
internal static class RequestsBenchmark
{
    private const int Servers = 3;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(0.7);
    private static readonly int[] Sizes = [10, 100, 1_000, 10_000];

    public static async Task<int> RunAsync()
    {
        Console.WriteLine(
            $"{Servers} servers; sockets without clients, which acknowledge at once. Each for {Length.TotalSeconds:0.0} s. Milliseconds, and how often.");
        Console.WriteLine();
        Console.WriteLine(
            $"{"sockets",8}{"fetch p50",12}{"max",10}{"n",6}{"count p50",12}{"max",10}{"n",6}{"emit with ack p50",20}{"max",10}{"n",6}");
        var address = Cluster.FreeAddress();
        await using var directory = await Child.StartAsync("directory-role", "silo", address);
        await using var second = await Child.StartAsync("requests-role", address);
        await using var third = await Child.StartAsync("requests-role", address);
        await using var server = await Cluster.StartServerAsync(address);
        var held = 0;
        foreach (var size in Sizes)
        {
            var share = size / Servers;
            await Task.WhenAll(second.AskAsync($"{share}"), third.AskAsync($"{share}"), AddAsync(server.Namespace, size - (2 * share) - held));
            held = size - (2 * share);
            var room = server.Namespace.To(Load.Room).Timeout(TimeSpan.FromSeconds(60));
            var (fetch, fetchMax, fetches) = await TimeAsync(async () => (await room.FetchSocketsAsync()).Count, size);
            var (count, countMax, counts) = await TimeAsync(async () => (int)await room.CountSocketsAsync(), size);
            var (ack, ackMax, acks) = await TimeAsync(async () => (await room.EmitWithAckAsync<int>("ask", 1)).Count, size);
            Console.WriteLine(
                $"{size,8}{fetch,12:0.00}{fetchMax,10:0.00}{fetches,6}{count,12:0.00}{countMax,10:0.00}{counts,6}{ack,20:0.00}{ackMax,10:0.00}{acks,6}");
        }
        return 0;
    }

    /// <summary>What one server of the benchmark does: holds its share of the sockets until its input ends.</summary>
    public static async Task<int> HoldAsync(string address)
    {
        var end = Task.Run(Console.In.ReadLine);
        await using var server = await Cluster.StartServerAsync(address);
        Console.WriteLine("\"ready\"");
        var held = 0;
        while (await end is { } line)
        {
            var wanted = int.Parse(line, CultureInfo.InvariantCulture);
            await AddAsync(server.Namespace, wanted - held);
            held = wanted;
            Console.WriteLine("\"ready\"");
            end = Task.Run(Console.In.ReadLine);
        }
        return 0;
    }

    private static async Task<(double P50, double Max, int Times)> TimeAsync(Func<Task<int>> request, int expected)
    {
        List<double> times = [];
        for (var (round, began) = (-3, Stopwatch.GetTimestamp()); round <= 0 || Stopwatch.GetElapsedTime(began) < Length; round++)
        {
            var started = Stopwatch.GetTimestamp();
            began = round < 0 ? started : began;
            var found = await request();
            if (found != expected)
            {
                throw new InvalidOperationException($"A request found {found} sockets of {expected}.");
            }
            if (round >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }
        times.Sort();
        return (times[times.Count / 2], times[^1], times.Count);
    }

    private static Task AddAsync(Namespace @namespace, int sockets) => Task.WhenAll(Enumerable.Range(0, sockets).Select(async _ =>
    {
        var socket = new AnsweringSocket(@namespace.NewSocketId());
        await @namespace.ConnectAsync(socket);
        await @namespace.JoinAsync(socket, Room.Named(Load.Room));
    }));
}
