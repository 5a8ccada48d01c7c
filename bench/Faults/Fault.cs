using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.Bench.Faults;

/// <summary>Something that befalls one of three machines, and what comes of it.</summary>
/// <param name="Name">What the command line knows it by.</param>
/// <param name="Text">What happens.</param>
/// <param name="Goal">For how long publishing may be interrupted for who is not concerned.</param>
/// <param name="RunAsync">Makes it happen, and measures.</param>
internal sealed record Fault(string Name, string Text, TimeSpan Goal, Func<Trial, Task<Outcome>> RunAsync)
{
    /// <summary>In how long a home that is cut off stops at the latest: what its silo knew counts for 1.1 s, and what was under way may yet be told.</summary>
    private static readonly TimeSpan Stops = TimeSpan.FromSeconds(3);

    /// <summary>How long the database is away.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromMinutes(1);

    /// <summary>All of them, in the order of docs/CLUSTER.md.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("silo", "the silo with the home is killed, the longest of 4 times", TimeSpan.FromSeconds(3), KillSilosAsync),
        new("machine", "all processes of the machine with the home are killed", TimeSpan.FromSeconds(8), KillMachineAsync),
        .. new[] { 5, 25, 60 }.Select(seconds => OfCut(
            string.Create(CultureInfo.InvariantCulture, $"cut-{seconds}"), "it is cut off", Cut.Whole, seconds)),
        OfCut("peers", "it is cut off from the other machines, and not from the database,", Cut.FromPeers, 25),
        OfCut("inwards", "nothing reaches it, while what it sends arrives,", Cut.Inwards, 25),
        new("database", "the database is away for a minute", TimeSpan.FromSeconds(1), LoseDatabaseAsync),
        new(
            "database-silo",
            "the silo with the home is killed while the database is away: from its return on",
            TimeSpan.FromSeconds(5),
            KillSiloWithoutDatabaseAsync),
        new("rolling", "all machines are restarted, one after the other", TimeSpan.FromSeconds(1), RestartAllAsync),
    ];

    private static Fault OfCut(string name, string text, Cut cut, int seconds) => new(
        name,
        string.Create(CultureInfo.InvariantCulture, $"{text} for {seconds} s, and comes back"),
        TimeSpan.FromSeconds(8),
        trial => CutAsync(trial, cut, TimeSpan.FromSeconds(seconds)));

    private static async Task<Outcome> KillSilosAsync(Trial trial)
    {
        const int times = 4;
        var (home, interrupted, whole) = (trial.Home, TimeSpan.Zero, TimeSpan.Zero);
        for (var time = 0; time < times; time++)
        {
            var began = trial.Begin();
            var returned = trial.Machines.All[home].KillAsync("directory");
            home = await trial.NextHomeAsync();
            await Load.MoreAsync(trial.Publishers);
            interrupted = Longer(interrupted, trial.LongestWait(trial.Publishers, began));
            await returned;
            whole = Longer(whole, Stopwatch.GetElapsedTime(began, await trial.WholeAsync()));
        }
        return await trial.JudgeAsync(trial.Publishers, trial.Members, interrupted) with { WholeAgain = whole };
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static async Task<Outcome> KillMachineAsync(Trial trial)
    {
        var (dying, others) = (trial.Machines.All[trial.Home], trial.Others);
        var began = trial.Begin();
        foreach (var process in dying.Children.Prepend(dying.PrimaryId))
        {
            OperatingSystemProcesses.Signal(process, OperatingSystemProcesses.Kill);
        }
        await trial.NextHomeAsync();
        await Load.MoreAsync(others);
        return await trial.JudgeAsync(trial.Publishers, trial.OtherMembers, trial.LongestWait(others, began));
    }

    private static async Task<Outcome> CutAsync(Trial trial, Cut cut, TimeSpan length)
    {
        var (others, lone, network) = (trial.Others, trial.Publishers[trial.Home], trial.Machines.Network);
        await network.SetAsync(trial.Home + 1, cut, isCut: true);
        var began = trial.Begin();
        var mending = MendAsync();
        await Load.MoreAsync(others);
        var mended = await mending;
        var whole = await trial.WholeAsync();
        await Load.MoreAsync(others);
        var interrupted = trial.LongestWait(others, began); // its return interrupts nobody either
        var outcome = await trial.JudgeAsync(trial.Publishers, trial.OtherMembers, interrupted);
        return outcome with
        {
            False = lone.Acknowledged.All.Count(
                acknowledged => acknowledged.At < mended && Stopwatch.GetElapsedTime(began, acknowledged.At) > Stops),
            WholeAgain = Stopwatch.GetElapsedTime(mended, whole),
        };

        async Task<long> MendAsync()
        {
            await Task.Delay(length);
            var at = Stopwatch.GetTimestamp();
            await network.SetAsync(trial.Home + 1, cut, isCut: false);
            return at;
        }
    }

    private static async Task<Outcome> LoseDatabaseAsync(Trial trial)
    {
        await trial.Machines.Database.KillAsync();
        var began = trial.Begin();
        while (Stopwatch.GetElapsedTime(began) < Away)
        {
            await Load.MoreAsync(trial.Publishers);
        }
        await trial.Machines.Database.StartAgainAsync();
        await Load.MoreAsync(trial.Publishers);
        await trial.WholeAsync();
        return await trial.JudgeAsync(trial.Publishers, trial.Members, trial.LongestWait(trial.Publishers, began));
    }

    private static async Task<Outcome> KillSiloWithoutDatabaseAsync(Trial trial)
    {
        var ill = trial.Machines.All[trial.Home];
        await trial.Machines.Database.KillAsync();
        var lines = ill.Lines.Count;
        OperatingSystemProcesses.Signal(ill.ProcessOf("directory"), OperatingSystemProcesses.Kill);
        await ill.LineAsync("directory  pid ", lines); // it was ended, and the next one waits for the database
        await trial.Machines.Database.StartAgainAsync();
        var began = trial.Begin();
        var again = await Task.WhenAll(trial.Publishers.Select(async client =>
            (await client.Acknowledged.FirstAsync(acknowledged => acknowledged.At > began, "a publish after the database's return")).At));
        await Load.MoreAsync(trial.Publishers);
        var whole = await trial.WholeAsync();
        return await trial.JudgeAsync(trial.Publishers, trial.Members, Stopwatch.GetElapsedTime(began, again.Max())) with
        {
            WholeAgain = Stopwatch.GetElapsedTime(began, whole),
        };
    }

    private static async Task<Outcome> RestartAllAsync(Trial trial)
    {
        trial.Begin();
        var (longest, kept, of) = (TimeSpan.Zero, 0, 0);
        for (var machine = 0; machine < Trial.MachineCount; machine++)
        {
            var (others, members) = (trial.OthersOf(machine), trial.OtherMembersOf(machine));
            var closed = members.ToDictionary(member => member, member => member.Closed.Count);
            var began = Stopwatch.GetTimestamp();
            await trial.Machines.RestartAsync(machine, Trial.Arguments);
            await Load.MoreAsync(others);
            var waited = trial.LongestWait(others, began);
            longest = Longer(longest, waited);
            kept += members.Count(member => member.Closed.Count == closed[member]);
            of += members.Length;
            await trial.JoinAgainAsync(machine);
        }
        return await trial.JudgeConnectedAsync(longest) with { Kept = kept, Of = of };
    }
}
