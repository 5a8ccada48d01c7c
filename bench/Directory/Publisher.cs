using System.Diagnostics;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Directory;

/// <summary>The two loads: a steady trickle for latency, and a closed loop for throughput.</summary>
internal static class Publisher
{
    private const int Window = 4096;
    private static readonly BroadcastTarget Target = BroadcastTarget.Of(Room.Named(Load.Room));

    public static async Task SteadyAsync(Namespace @namespace, int perSecond, TimeSpan length)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        var started = Stopwatch.GetTimestamp();
        for (long number = 0; Stopwatch.GetElapsedTime(started) < length; number++)
        {
            await timer.WaitForNextTickAsync();
            await PublishAsync(@namespace, Target, number);
        }
        await PublishAsync(@namespace, Target, -1);
    }

    /// <summary>Publishes as fast as the window lets it; returns packets per second up to the last one's acceptance, and how many were sent.</summary>
    public static async Task<(double Rate, long Sent)> ClosedLoopAsync(Namespace @namespace, TimeSpan length)
    {
        var window = new Queue<Task>(Window);
        var started = Stopwatch.GetTimestamp();
        long number = 0;
        for (; Stopwatch.GetElapsedTime(started) < length; number++)
        {
            if (window.Count == Window)
            {
                await window.Dequeue();
            }
            window.Enqueue(PublishAsync(@namespace, Target, number));
        }
        await Task.WhenAll(window);
        var rate = number / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await PublishAsync(@namespace, Target, -1);
        return (rate, number + 1);
    }

    public static Task PublishAsync(Namespace @namespace, BroadcastTarget target, long number) =>
        @namespace.PublishAsync(Operation.Emit(target, Load.Packet(number)));
}
