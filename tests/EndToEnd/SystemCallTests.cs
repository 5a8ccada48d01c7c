using System.Diagnostics;
using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.LiveFuzz;

namespace OrleansAdapter.EndToEnd;

/// <summary>The system calls that deploy/orleansadapter.service allows are those that a run under load makes: watched, and with all others refused.</summary>
[Collection(nameof(Alone))]
public sealed class SystemCallTests(ITestOutputHelper output)
{
    private const string Analyzer = "/usr/bin/systemd-analyze";
    private const string Strace = "/usr/bin/strace";
    private const string Python = "/usr/bin/python3";
    private const string Otherwise = "The unit is analyzed in every run (DeploymentTests).";

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_run_under_load_makes_only_calls_that_the_unit_allows()
    {
        FullRun.Needed(Otherwise);
        Assert.SkipUnless(File.Exists(Strace) && File.Exists(Analyzer), "NOT TESTED HERE: strace or systemd-analyze (package systemd) is missing.");
        var allowed = await AllowedAsync();
        var summary = Path.GetTempFileName();

        await RunAsync([Strace, "--follow-forks", "--summary-only", "--output", summary, "dotnet"]);

        // "% time  seconds  usecs/call  calls  [errors]  syscall", between two lines of dashes.
        var made = File.ReadLines(summary).SkipWhile(line => line[0] != '-').Skip(1).TakeWhile(line => line[0] != '-')
            .Select(line => line.Split(' ')[^1]).ToArray();
        File.Delete(summary);
        output.WriteLine($"{made.Length} calls: {string.Join(' ', made.Order(StringComparer.Ordinal))}");
        Assert.Contains("epoll_wait", made);
        Assert.Empty(made.Except(allowed));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_cluster_runs_where_all_other_calls_are_refused()
    {
        FullRun.Needed(Otherwise);
        Assert.SkipUnless(File.Exists(Python) && File.Exists(Analyzer), "NOT TESTED HERE: python3 or systemd-analyze (package systemd) is missing.");
        var names = Path.GetTempFileName();
        await File.WriteAllLinesAsync(names, await AllowedAsync(), Cancellation);

        string[] filtered = [Python, Path.Combine(Checkout.Root, "tests", "EndToEnd", "with-system-calls.py"), names];
        using var changed = Process.Start(
            new ProcessStartInfo(filtered[0], [.. filtered[1..], "chroot", "/", "true"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Assert.Contains("not permitted", (await ProgramRun.EndAsync(changed, TimeSpan.FromSeconds(30))).Error, StringComparison.Ordinal);

        await RunAsync([.. filtered, "dotnet"]);

        File.Delete(names);
    }

    /// <summary>A cluster with clients that are honest and others, a worker that dies, and an end in order; it says nothing of an error.</summary>
    private static async Task RunAsync(string[] dotnet)
    {
        await using var cluster = RunningCluster.Start(
            RunningCluster.FreePort(), dotnet, [("WebWorker__Operations", "false")], "--workers", $"{RunningCluster.Workers}");
        await cluster.LineAsync("ready ");
        await using (var pair = await HonestPair.StartAsync(cluster.Url(1), cluster.Url(2), Cancellation))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            stop.CancelAfter(Load);
            var attackers = Enumerable.Range(1, 3).Select(seed => new Attacker(cluster.Port, RunningCluster.Workers + 1, seed)).ToArray();
            await Task.WhenAll([pair.RunAsync(stop.Token), .. attackers.Select(attacker => Task.Run(() => attacker.RunAsync(stop.Token), Cancellation))]);
            Assert.True(pair.Messages > 0, "An honest pair's message never came.");
        }
        await cluster.KillAsync("worker-3");
        await cluster.LeaveAsync();
        Assert.Equal(0, await cluster.EndAsync());
        Assert.DoesNotContain(cluster.Lines.All, line => line.Text.Contains(" fail: ", StringComparison.Ordinal) || line.Text.Contains(" crit: "));
    }

    /// <summary>What the unit's filters come to: systemd's sets of calls, those behind a tilde taken out.</summary>
    private static async Task<HashSet<string>> AllowedAsync()
    {
        using var process = Process.Start(
            new ProcessStartInfo(Analyzer, ["syscall-filter", "--no-pager"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (exitCode, listing, error) = await ProgramRun.EndAsync(process, TimeSpan.FromSeconds(30));
        Assert.True(exitCode == 0, error);
        Dictionary<string, List<string>> sets = [];
        var set = "";
        foreach (var line in listing.Split('\n').TakeWhile(line => !line.StartsWith("# Ungrouped", StringComparison.Ordinal)))
        {
            var text = line.Trim();
            if (line.StartsWith('@'))
            {
                sets[set = text] = [];
            }
            else if (text.Length > 0 && text[0] != '#')
            {
                sets[set].Add(text);
            }
        }
        HashSet<string> allowed = [];
        const string filter = "SystemCallFilter=";
        foreach (var line in File.ReadLines(Path.Combine(Checkout.Root, "deploy", "orleansadapter.service")).Where(line => line.StartsWith(filter)))
        {
            var value = line[filter.Length..];
            foreach (var name in value.TrimStart('~').Split(' '))
            {
                if (value[0] == '~')
                {
                    allowed.ExceptWith(Calls(name));
                }
                else
                {
                    allowed.UnionWith([.. Calls(name), .. Calls("@default")]); // systemd always allows these
                }
            }
        }
        Assert.Contains("read", allowed);
        return allowed;

        IEnumerable<string> Calls(string name) => name[0] == '@' ? sets[name].SelectMany(Calls) : [name];
    }
}
