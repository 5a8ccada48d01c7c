using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Bench.Directory;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Requests;

/// <summary>
/// How long it takes to fetch all sockets of a room, and to have a broadcast acknowledged by all of them, with the sockets spread over three
/// servers in processes of their own.
/// </summary>
internal static class RequestsBenchmark
{
    private const int Servers = 3;
    private const int Rounds = 30;
    private static readonly int[] Sizes = [10, 100, 1_000, 10_000];

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"{Servers} servers, {Rounds} rounds each; sockets without clients, which acknowledge at once. Milliseconds.");
        Console.WriteLine();
        Console.WriteLine($"{"sockets",8}{"fetch p50",12}{"max",10}{"count p50",12}{"max",10}{"emit with ack p50",20}{"max",10}");
        foreach (var size in Sizes)
        {
            var folder = System.IO.Directory.CreateTempSubdirectory("orleansadapter-bench-");
            try
            {
                await MeasureAsync(Path.Combine(folder.FullName, "directory"), size);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
        return 0;
    }

    /// <summary>What one server of the benchmark does: holds its share of the sockets until its input ends.</summary>
    public static async Task<int> HoldAsync(string socket, int sockets)
    {
        var end = Task.Run(Console.In.ReadToEnd);
        await using var server = await StartAsync(socket, sockets);
        Console.WriteLine("\"ready\"");
        await end;
        return 0;
    }

    private static async Task MeasureAsync(string socket, int size)
    {
        var share = size / Servers;
        await using var directory = await Child.StartAsync("directory-role", "host", socket);
        await using var second = await Child.StartAsync("requests-role", socket, $"{share}");
        await using var third = await Child.StartAsync("requests-role", socket, $"{share}");
        await using var server = await StartAsync(socket, size - (2 * share));
        var room = server.Namespace.To(Load.Room).Timeout(TimeSpan.FromSeconds(60));
        var (fetch, fetchMax) = await TimeAsync(async () => (await room.FetchSocketsAsync()).Count, size);
        var (count, countMax) = await TimeAsync(async () => (int)await room.CountSocketsAsync(), size);
        var (ack, ackMax) = await TimeAsync(async () => (await room.EmitWithAckAsync<int>("ask", 1)).Count, size);
        Console.WriteLine($"{size,8}{fetch,12:0.00}{fetchMax,10:0.00}{count,12:0.00}{countMax,10:0.00}{ack,20:0.00}{ackMax,10:0.00}");
    }

    private static async Task<(double P50, double Max)> TimeAsync(Func<Task<int>> request, int expected)
    {
        var times = new List<double>(Rounds);
        for (var round = -3; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
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
        return (times[times.Count / 2], times[^1]);
    }

    private static async Task<BenchServer> StartAsync(string socket, int sockets)
    {
        var server = await BenchServer.StartAsync(services => services.AddLocalDirectory(options => (options.SocketPath, options.Secret) = (socket, Roles.Secret)));
        await Task.WhenAll(Enumerable.Range(0, sockets).Select(_ => AddAsync(server.Namespace)));
        return server;
    }

    private static async Task AddAsync(Namespace @namespace)
    {
        var socket = new AnsweringSocket(@namespace.NewSocketId());
        await @namespace.ConnectAsync(socket);
        await @namespace.JoinAsync(socket, Room.Named(Load.Room));
    }
}
