using System.Diagnostics;

namespace OrleansAdapter.Grains.Testing;

/// <summary>What went between homes and servers, and what it cost the homes.</summary>
/// <param name="Calls">Calls of servers, each with its result; a round is one.</param>
/// <param name="Events">Events to servers, each with its result.</param>
/// <param name="Up">Bytes of messages to homes.</param>
/// <param name="Down">Bytes of messages to servers.</param>
/// <param name="Ticks">Processor time of the homes with its encoding, as <see cref="Stopwatch"/> counts.</param>
internal readonly record struct Traffic(double Calls, double Events, double Up, double Down, double Ticks)
{
    public TimeSpan Processor => TimeSpan.FromSeconds(Ticks / Stopwatch.Frequency);

    public static Traffic operator +(Traffic left, Traffic right) => new(
        left.Calls + right.Calls, left.Events + right.Events, left.Up + right.Up, left.Down + right.Down, left.Ticks + right.Ticks);

    public static Traffic operator -(Traffic left, Traffic right) => new(
        left.Calls - right.Calls, left.Events - right.Events, left.Up - right.Up, left.Down - right.Down, left.Ticks - right.Ticks);

    public static Traffic operator *(Traffic traffic, double times) => new(
        traffic.Calls * times, traffic.Events * times, traffic.Up * times, traffic.Down * times, traffic.Ticks * times);
}
