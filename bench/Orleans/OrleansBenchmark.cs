using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansAdapter.Bench.Directory;

/// <content>The Orleans engine: a silo, a publisher and a receiver in processes of their own.</content>
internal static partial class DirectoryBenchmark
{
    static partial void AddOrleans(List<Func<Task>> more) => more.Add(async () =>
    {
        var address = OrleansBenchmark.FreeAddress();
        await using var directory = await Child.StartAsync("directory-role", "orleans-host", address);
        await using (var receiver = await Child.StartAsync("directory-role", "orleans-receiver", address))
        {
            var from = await Roles.ServerOnOrleansAsync(address);
            async Task<Result> Measure(Func<Task> load)
            {
                await load();
                return await receiver.ReadAsync<Result>();
            }
            await MeasureAsync("Orleans, across processes", from, Measure);
            Console.WriteLine($"{await IdleAsync(directory),22:0.0} %");
            await OrleansBenchmark.TwoPublishersAsync(from, address, Warm, Length);
        }
        await OrleansBenchmark.ManyRoomsAsync(address, Length);
    });
}

/// <summary>What is asked of the Orleans engine besides: no collapse under twice the load, and the same load over many rooms.</summary>
internal static class OrleansBenchmark
{
    public const int Rooms = 10_000;
    private const int PerTick = 100;

    public static Room RoomOf(int number) => Room.Named($"room-{number}");

    public static string FreeAddress()
    {
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        second.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"{((IPEndPoint)first.LocalEndPoint!).Port},{((IPEndPoint)second.LocalEndPoint!).Port}";
    }

    /// <summary>Two servers publish as fast as they can, each with a full window; warmed up as the one before was.</summary>
    public static async Task TwoPublishersAsync(BenchServer one, string address, TimeSpan warm, TimeSpan length)
    {
        var two = await Roles.ServerOnOrleansAsync(address);
        Task<(double Rate, long Sent)[]> PublishAsync(TimeSpan time) => Task.WhenAll(Publisher.ClosedLoopAsync(one.Namespace, time), Publisher.ClosedLoopAsync(two.Namespace, time));
        await PublishAsync(warm);
        var rates = await PublishAsync(length);
        Console.WriteLine($"{"Orleans, two publishers",-26}{"",30}{rates.Sum(rate => rate.Rate),12:0}");
    }

    /// <summary>Each room gets one message per second.</summary>
    public static async Task ManyRoomsAsync(string address, TimeSpan length)
    {
        await using var receiver = await Child.StartAsync("directory-role", "orleans-rooms", address);
        var from = await Roles.ServerOnOrleansAsync(address);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((double)PerTick / Rooms));
        var started = Stopwatch.GetTimestamp();
        List<Task> sent = [];
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            await timer.WaitForNextTickAsync();
            for (var i = 0; i < PerTick; i++)
            {
                sent.Add(PublishAsync(from, sent.Count % Rooms, sent.Count));
            }
        }
        await Task.WhenAll(sent);
        var rate = sent.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await PublishAsync(from, 0, -1);
        var result = await receiver.ReadAsync<Result>();
        Console.WriteLine($"{"Orleans, 10,000 rooms",-26}{result.P50,10:0}{result.P99,10:0}{result.Max,10:0}{rate,12:0}{"",16}{sent.Count + 1 - result.Received,6}{result.OutOfOrder,10}");
    }

    private static Task PublishAsync(BenchServer from, int room, long number) =>
        from.Namespace.PublishAsync(Operation.Emit(BroadcastTarget.Of(RoomOf(room)), Load.Packet(number)));
}
