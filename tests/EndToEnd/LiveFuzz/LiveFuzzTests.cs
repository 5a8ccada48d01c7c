using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.LiveFuzz;

/// <summary>
/// Clients of both protocols send a running cluster what is almost right. No process ends, nobody else waits, no line of level error is written, and the second
/// half of it takes no more memory than the first. On a busy machine there may be more halves: two are compared in which about as much happened.
/// </summary>
public sealed class LiveFuzzTests(ITestOutputHelper output)
{
    private const int Attackers = 6;

    /// <summary>So often nothing doubles.</summary>
    private const int MostHalves = 8;

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
        using var pauses = new MachinePauses();
        List<int> attacks = [];
        List<long[]> memory = [];
        while (attacks.Count < 2 || (attacks[^1] > 2 * attacks[^2] && attacks.Count < MostHalves))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            stop.CancelAfter(Half);
            var attackers = Enumerable.Range(1, Attackers).Select(i => new Attacker(cluster.Port, RunningCluster.Workers + 1, seed: i)).ToArray();
            var attacking = attackers.Select(attacker => Task.Run(() => attacker.RunAsync(stop.Token), Cancellation));
            await Task.WhenAll([pair.RunAsync(stop.Token), .. attacking]);
            attacks.Add(attackers.Sum(attacker => attacker.Attacks));
            memory.Add([.. children.Select(OperatingSystemProcesses.ResidentMegabytes)]);
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", attacks)} attacks; {pair.Messages} messages of an honest pair, the longest took {pair.Longest.TotalMilliseconds:0} ms; "
                + $"MB of each process: {string.Join(", then ", memory.Select(each => string.Join(", ", each)))}"));

        Assert.True(attacks.Sum() > Attackers, "There was no attack.");
        Assert.True(pair.Messages > 0, "An honest pair's message never came.");
        Assert.Equal(children, cluster.Children);
        Assert.All(children, child => Assert.True(OperatingSystemProcesses.IsRunning(child)));
        Assert.DoesNotContain(cluster.Lines.All, line => IsError(line.Text));
        pauses.CheckBound(pair.Longest, Longest, $"An honest pair's message took {pair.Longest}");
        for (var i = 0; i < children.Length; i++)
        {
            var (before, after) = (memory[^2][i], memory[^1][i]);
            Assert.True(after < (1.5 * before) + 50, $"A process went from {before} to {after} MB in the last half.");
        }
    }

    private static bool IsError(string line) => line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal);
}
