using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// Official clients whose connections break at random, while somebody publishes and processes are killed: who comes back has lost nothing, and got nothing
/// twice or out of order. 100,000 breaks and 100 deaths with ORLEANSADAPTER_FULL=1, or as ORLEANSADAPTER_BREAKS and ORLEANSADAPTER_KILLS say. How far it is
/// stands in the file that ORLEANSADAPTER_SOAK names, or recovery-soak.log among the temporary files.
/// </summary>
public sealed class RecoverySoakTests(ITestOutputHelper output)
{
    private const string Room = "room";
    private const string Both = "directory and worker-1";
    private const int AtATime = 24;

    /// <summary>More than ten claims in a minute would end a session.</summary>
    private const int BreaksOfOne = 8;

    /// <summary>Nothing takes so long, however busy the machine is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>When it ends, though not all breaks have been; it has failed then.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(110);

    private readonly Random _random = new(16);
    private readonly ConcurrentDictionary<int, string> _unknown = new();
    private int _breaks;

    [Fact(Timeout = 7_200_000)]
    public async Task Whoever_comes_back_has_lost_nothing_and_got_nothing_twice()
    {
        if (Environment.GetEnvironmentVariable("ORLEANSADAPTER_BREAKS") is null)
        {
            FullRun.Needed("Breaks and deaths one by one are tested in every run (RecoveryTests, RecoveryDeathTests).");
        }
        var (breaks, kills) = (Number("ORLEANSADAPTER_BREAKS", 100_000), Number("ORLEANSADAPTER_KILLS", 100));
        await using var cluster = await RunningCluster.StartAsync(
            [.. RecoveryCluster.Settings, ("OrleansAdapter__RequestsTimeout", "00:00:20"), ("Logging__LogLevel__OrleansAdapter.SocketIO", "Debug")]);
        await using var clients = JavaScriptClients.StartRecovering();
        using var report = new SoakReport(
            cluster, Environment.GetEnvironmentVariable("ORLEANSADAPTER_SOAK") ?? Path.Combine(Path.GetTempPath(), "recovery-soak.log"));
        output.WriteLine($"How far it is stands in {report.Path}.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(Longest);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // On the one worker that lives, so that everything that is said is accepted, in the end.
        var publisher = await clients.OpenRecoverableAsync(cluster.Url(3));
        var publishing = PublishAsync(publisher, report, stop, ends.Token);
        var killing = KillAsync(cluster, report, breaks, kills, stop);

        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => LiveAsync(clients, cluster, report, breaks, stop)));
        await killing;
        await ends.CancelAsync();
        await publishing;

        output.WriteLine(report.Progress(_breaks, _unknown.Count));
        var refusals = report.Refusals();
        Assert.True(report.Failures.Count == 0, string.Join("\n", report.Failures));
        Assert.True(_breaks >= breaks && report.Deaths(_ => true) == kills, $"{_breaks} breaks and {report.Deaths(_ => true)} deaths in {Longest}.");
        Assert.True(_unknown.Count <= kills, $"Of what was said, the outcome of {_unknown.Count} is unknown: {string.Join("; ", _unknown.Take(20))}");
        // Of those that lost the directory and the worker that had them at the same time, nobody can know better; where deaths follow each other more closely,
        // that is so of those that have not come back from one of a worker before the next one of the directory.
        var refused = refusals.Where(refusal => refusal.Key.Behind != Both).Sum(refusal => refusal.Value);
        Assert.True(
            refused * 100 <= report.Returns || breaks < 500 * kills,
            $"{refused} of {report.Returns} were refused where the directory or a worker survived.");
        // A worker that is killed may have said why and not have told the client yet, or have told it, and what it said did not get out.
        var unexplained = report.Returns - report.Recovered - refusals.Values.Sum();
        Assert.True(
            Math.Abs(unexplained) <= 2 * report.Deaths(kind => kind != "directory"), $"{unexplained} clients more than were refused did not come back.");
    }

    /// <summary>One client behind the other, until there have been enough breaks.</summary>
    private async Task LiveAsync(JavaScriptClients clients, RunningCluster cluster, SoakReport report, int breaks, CancellationTokenSource stop)
    {
        while (Volatile.Read(ref _breaks) < breaks && !stop.IsCancellationRequested)
        {
            try
            {
                await LiveAsync(clients, cluster, report);
            }
            // A run of an hour that ends at its first failure tells less than it could.
#pragma warning disable CA1031
            catch (Exception exception) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                await FailAsync(report, exception.ToString(), stop);
            }
        }
    }

    /// <summary>One client's life: it connects, and its connection breaks now and then.</summary>
    private async Task LiveAsync(JavaScriptClients clients, RunningCluster cluster, SoakReport report)
    {
        var before = report.Deaths(kind => kind == Both);
        await using var proxy = new BreakingProxy(cluster.Port + Draw(1, 3));
        var transport = Draw(0, 4) == 0 ? "upgrade" : "websocket";
        var client = await clients.OpenRecoverableAsync(proxy.Url, $"4.{Draw(6, 9)}", transport, room: Room);
        try
        {
            for (var i = 0; i < BreaksOfOne; i++)
            {
                await client.Said.UntilAsync(client.Said.Count + Draw(1, 12), "more that is said", Patience);
                var connected = client.Connected.Count;
                if (Interlocked.Increment(ref _breaks) is var number && number % 1000 == 0)
                {
                    report.Progress(number, _unknown.Count);
                }
                if (Draw(0, 3) == 0)
                {
                    proxy.BreakUnnoticed(RecoveryRun.Nowhere);
                }
                else
                {
                    proxy.Break(RecoveryRun.Nowhere);
                }
                await client.Closed.UntilAsync(connected, "its connection's end", Patience);
                proxy.Target = cluster.Port + Draw(1, 4);
                await client.Connected.UntilAsync(connected + 1, "to be back", Patience);
            }
            await client.Said.UntilAsync(client.Said.Count + 1, "something more", Patience);
        }
        finally
        {
            await client.CloseForGoodAsync();
        }
        Check(client, mayRepeat: report.Deaths(kind => kind == Both) > before);
        report.Lived(client.Connected.All);
    }

    /// <summary>
    /// Numbers are said one after the other, so whoever is in the room hears each of them: from when it was told that it is, as what is not told may die with
    /// the worker.
    /// </summary>
    /// <param name="client">Who heard them.</param>
    /// <param name="mayRepeat">
    /// Whether the directory and a worker died together: what that worker alone had heard is put in order anew then, and who begins anew may hear it again.
    /// </param>
    private void Check(JavaScriptClient client, bool mayRepeat)
    {
        var (said, entered) = (client.Said.All, client.Connected.All);
        var begins = entered.Where(entered => !entered.Recovered || !entered.HadJoined).Select(entered => entered.Heard).ToHashSet();
        for (var i = 1; i < said.Length; i++)
        {
            var (before, number) = (Parse(said[i - 1]), Parse(said[i]));
            var isRight = begins.Contains(i)
                ? number > before || mayRepeat
                : number > before && Enumerable.Range(before + 1, number - before - 1).All(_unknown.ContainsKey);
            Assert.True(
                isRight,
                $"{client.Name} heard {number} behind {before}, as its {i}. of {said.Length}. It was let in: {string.Join(", ", entered)}");
        }
    }

    /// <summary>What fails may have been said or not; whoever hears the next number need not have heard it.</summary>
    private async Task PublishAsync(JavaScriptClient publisher, SoakReport report, CancellationTokenSource stop, CancellationToken ends)
    {
        for (var n = 1; !ends.IsCancellationRequested && !stop.IsCancellationRequested; n++)
        {
            try
            {
                await publisher.CallAsync("say", Room, n);
            }
            catch (Exception exception) when (exception is ClientException or TimeoutException)
            {
                _unknown[n] = exception.Message;
                report.Write($"The outcome of message {n} is unknown: {exception.Message}");
            }
            catch (IOException exception)
            {
                await FailAsync(report, exception.ToString(), stop);
                await stop.CancelAsync();
            }
        }
    }

    /// <summary>Spreads the deaths over the breaks: of one worker, of the directory, of the other worker, and of two at the same time.</summary>
    private async Task KillAsync(RunningCluster cluster, SoakReport report, int breaks, int kills, CancellationTokenSource stop)
    {
        string[][] victims = [["worker-1"], ["directory"], ["worker-2"], ["directory", "worker-1"]];
        for (var i = 0; i < kills; i++)
        {
            var when = (long)breaks * (i + 1) / (kills + 1);
            await OperatingSystemProcesses.UntilAsync(
                () => Volatile.Read(ref _breaks) >= when || stop.IsCancellationRequested, "enough breaks", Longest + Patience);
            if (stop.IsCancellationRequested)
            {
                return;
            }
            var kind = string.Join(" and ", victims[i % victims.Length]);
            report.Dies(kind);
            var since = Stopwatch.StartNew();
            try
            {
                await Task.WhenAll(victims[i % victims.Length].Select(victim => cluster.KillAsync(victim, Patience)));
                report.Write(string.Create(CultureInfo.InvariantCulture, $"death {i + 1}, of {kind}: there again after {since.Elapsed.TotalSeconds:0.0} s"));
            }
            catch (TimeoutException exception)
            {
                await FailAsync(report, exception.ToString(), stop);
                await stop.CancelAsync();
            }
        }
    }

    private static async Task FailAsync(SoakReport report, string what, CancellationTokenSource stop)
    {
        if (report.Fails(what))
        {
            await stop.CancelAsync();
        }
    }

    private int Draw(int from, int to)
    {
        lock (_random)
        {
            return _random.Next(from, to);
        }
    }

    private static int Parse(string said) => int.Parse(said, CultureInfo.InvariantCulture);

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
