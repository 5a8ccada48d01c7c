using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>
/// Clients of both protocols send a running cluster what is almost right. No process ends, nobody else waits, no line of level error is written, and the second
/// half of it takes no more memory than the first.
/// </summary>
public sealed class LiveFuzzTests(ITestOutputHelper output)
{
    private const int Attackers = 6;

    /// <summary>How long an honest pair's message may take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Half = FullRun.IsOn ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(2.5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Almost_right_input_harms_nobody_else()
    {
        // A client may ask the demonstration to kick everybody.
        await using var cluster = await RunningCluster.StartAsync([("WebWorker__Operations", "false")]);
        var children = cluster.Children;
        await using var pair = await HonestPair.StartAsync(cluster.Url(1), cluster.Url(2), Cancellation);
        var (pauses, attacks) = (TimeSpan.Zero, 0);
        List<long[]> memory = [];
        for (var half = 0; half < 2; half++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            stop.CancelAfter(Half);
            var attackers = Enumerable.Range(1, Attackers).Select(i => new Attacker(cluster.Port, RunningCluster.Workers + 1, seed: i)).ToArray();
            var machine = PausesAsync(stop.Token);
            var attacking = attackers.Select(attacker => Task.Run(() => attacker.RunAsync(stop.Token), Cancellation));
            await Task.WhenAll([pair.RunAsync(stop.Token), machine, .. attacking]);
            pauses = await machine > pauses ? await machine : pauses;
            attacks += attackers.Sum(attacker => attacker.Attacks);
            memory.Add([.. children.Select(OperatingSystemProcesses.ResidentMegabytes)]);
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{attacks} attacks; {pair.Messages} messages of an honest pair, the longest took {pair.Longest.TotalMilliseconds:0} ms; MB of each process: "
                + $"{string.Join(", ", memory[0])}, then {string.Join(", ", memory[1])}"));

        Assert.True(attacks > Attackers, "There was no attack.");
        Assert.True(pair.Messages > 0, "An honest pair's message never came.");
        Assert.Equal(children, cluster.Children);
        Assert.All(children, child => Assert.True(OperatingSystemProcesses.IsRunning(child)));
        Assert.DoesNotContain(cluster.Lines.All, line => IsError(line.Text));
        Assert.True(
            pair.Longest < Longest + (10 * pauses),
            $"An honest pair's message took {pair.Longest}, while nothing on this machine waited longer than {pauses}.");
        for (var i = 0; i < children.Length; i++)
        {
            Assert.True(memory[1][i] < (1.5 * memory[0][i]) + 50, $"A process went from {memory[0][i]} to {memory[1][i]} MB in the second half.");
        }
    }

    /// <summary>The longest that this process itself had to wait for the machine.</summary>
    private static async Task<TimeSpan> PausesAsync(CancellationToken stop)
    {
        var (longest, period) = (TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
        using var timer = new PeriodicTimer(period);
        var last = Stopwatch.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var gap = Stopwatch.GetElapsedTime(last) - period;
                longest = gap > longest ? gap : longest;
                last = Stopwatch.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The time is over.
        }
        return longest;
    }

    private static bool IsError(string line) => line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal);
}
