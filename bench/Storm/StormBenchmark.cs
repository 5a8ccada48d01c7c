using System.Diagnostics;
using System.Net.Sockets;
using OrleansAdapter.Bench.Clients;
using OrleansAdapter.Bench.Connections;
using OrleansAdapter.Bench.Servers;

namespace OrleansAdapter.Bench.Storm;

/// <summary>
/// All clients of a worker lose it at once and come back, as official clients do: after half a second to one and a half, and then after twice as long each
/// time. How long that takes, and what those who talk on another worker notice meanwhile.
/// </summary>
internal static class StormBenchmark
{
    private const int AtOnce = 32;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(int clients)
    {
        await using var server = await RunningServer.StartAsync(ServerList.WorkerPorts, workers: 2);
        var (front, first, second) = (server.Ports[0], server.Ports[1], server.Ports[2]);
        using var room = new Crowd(Plan.OneRoom(10, publishers: 1, rate: 50), ServerList.Ours.Wire, [first]);
        room.Open();
        room.Speak(Crowd.Deadline(Warm));

        var sockets = await OpenAsync(second, clients);
        var before = Talk(room, Quiet);
        var died = Stopwatch.GetTimestamp();
        using (var worker = Process.GetProcessById(server.Processes[^1]))
        {
            worker.Kill();
        }
        var returns = sockets.Select(socket => ComeBackAsync(socket, front, died)).ToArray();
        var all = Task.WhenAll(returns);
        var during = new List<double>();
        while (!all.IsCompleted)
        {
            during.AddRange(Talk(room, TimeSpan.FromSeconds(0.5)));
        }
        room.Drain(Patience);
        var back = await all;

        Array.Sort(back);
        during.Sort();
        Console.WriteLine($"{clients:#,0} clients whose worker was killed, two workers; a room of 10 on the other one hears 50 messages a second.");
        Console.WriteLine($"back, seconds after the kill: half {Quantile.Of(back, 0.5):F1}, 99 % {Quantile.Of(back, 0.99):F1}, all {back[^1]:F1}");
        Console.WriteLine($"the room, ms to the last member: before {Text(before)}");
        Console.WriteLine($"                              meanwhile {Text(during)}");
        var isRight = room.Deliveries is { Duplicates: 0, Disorder: 0, Broken: 0, Strays: 0 } && room.Deliveries.Lost() == 0;
        Console.WriteLine(isRight
            ? "The room lost nothing, and heard nothing twice or out of order."
            : "THE ROOM LOST SOMETHING, OR HEARD IT TWICE OR OUT OF ORDER.");
        return isRight ? 0 : 1;
    }

    private static async Task<List<Socket>> OpenAsync(int port, int count)
    {
        var groups = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => OpenSomeAsync(port, (count + i) / AtOnce)));
        return [.. groups.SelectMany(static group => group)];
    }

    private static Task<List<Socket>> OpenSomeAsync(int port, int count) => IdleClients.OpenAsync("socket.io", port, count);

    /// <summary>Waits until the connection is lost, and connects again; returns how many seconds after the kill that was.</summary>
    private static async Task<double> ComeBackAsync(Socket socket, int port, long died)
    {
        await IdleClients.DrainAsync(socket);
        socket.Dispose();
        var delay = FirstDelay;
        while (true)
        {
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()));
            delay = delay * 2 > LongestDelay ? LongestDelay : delay * 2;
            try
            {
                await OpenSomeAsync(port, 1);
                return Stopwatch.GetElapsedTime(died).TotalSeconds;
            }
            catch (Exception exception) when (exception is SocketException or InvalidOperationException && Stopwatch.GetElapsedTime(died) < Patience)
            {
                // There is no worker that takes it yet.
            }
        }
    }

    private static double[] Talk(Crowd room, TimeSpan time)
    {
        var until = Crowd.Deadline(time);
        room.Deliveries.Measure(Stopwatch.GetTimestamp(), until);
        room.Speak(until);
        return room.Deliveries.Latencies;
    }

    private static string Text(IReadOnlyList<double> sorted) =>
        $"p50 {Quantile.Of(sorted, 0.5):F1}, p99 {Quantile.Of(sorted, 0.99):F1}, max {Quantile.Of(sorted, 1):F1}";
}
