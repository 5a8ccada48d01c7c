using System.Globalization;
using System.Text.RegularExpressions;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// Official clients whose connections break at random, while somebody publishes and processes are killed: who comes back has lost nothing, and got nothing
/// twice or out of order. 100,000 breaks and 100 kills with ORLEANSADAPTER_FULL=1, or as ORLEANSADAPTER_BREAKS and ORLEANSADAPTER_KILLS say.
/// </summary>
public sealed partial class RecoverySoakTests(ITestOutputHelper output)
{
    private const string Room = "room";
    private const int AtATime = 24;

    /// <summary>More than ten claims in a minute would end a session.</summary>
    private const int BreaksOfOne = 8;

    private readonly Random _random = new(16);
    private int _breaks;
    private int _returns;
    private int _recovered;

    [Fact(Timeout = 3_600_000)]
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
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // On the one worker that lives, so that everything that is said is accepted, in the end.
        var publisher = await clients.OpenRecoverableAsync(cluster.Url(3));
        var publishing = PublishAsync(publisher, ends.Token);
        var killing = KillAsync(cluster, breaks, kills);

        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(async _ =>
        {
            while (Volatile.Read(ref _breaks) < breaks)
            {
                await LiveAsync(clients, cluster);
            }
        }));
        await killing;
        await ends.CancelAsync();
        await publishing;

        var refusals = cluster.Lines.All.Select(line => Refusal().Match(line.Text)).Where(match => match.Success).CountBy(match => match.Groups["why"].Value)
            .ToDictionary();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_breaks} breaks and {kills} kills: clients came back {_returns} times, {_recovered} times to their sessions; refused: "
            + $"{string.Join(", ", refusals.Select(refusal => $"{refusal.Value} {refusal.Key}"))}"));
        Assert.Equal(_returns - _recovered, refusals.Values.Sum());
    }

    /// <summary>One client's life: it connects, and its connection breaks now and then.</summary>
    private async Task LiveAsync(JavaScriptClients clients, RunningCluster cluster)
    {
        await using var proxy = new BreakingProxy(cluster.Port + Draw(1, 3));
        var transport = Draw(0, 4) == 0 ? "upgrade" : "websocket";
        var client = await clients.OpenRecoverableAsync(proxy.Url, $"4.{Draw(6, 9)}", transport, room: Room);
        for (var i = 0; i < BreaksOfOne; i++)
        {
            await client.Said.UntilAsync(client.Said.Count + Draw(1, 12), "more that is said");
            var connected = client.Connected.Count;
            Interlocked.Increment(ref _breaks);
            if (Draw(0, 3) == 0)
            {
                proxy.BreakUnnoticed(RecoveryRun.Nowhere);
            }
            else
            {
                proxy.Break(RecoveryRun.Nowhere);
            }
            await client.Closed.UntilAsync(connected, "its connection's end");
            proxy.Target = cluster.Port + Draw(1, 4);
            await client.Connected.UntilAsync(connected + 1, "to be back");
        }
        await client.Said.UntilAsync(client.Said.Count + 1, "something more");
        await client.CloseAsync();
        Check(client);
    }

    /// <summary>Numbers are said one after the other, so whoever is in the room hears each of them.</summary>
    private void Check(JavaScriptClient client)
    {
        var (said, entered) = (client.Said.All, client.Connected.All);
        var begins = entered.Where(entered => !entered.Recovered).Select(entered => entered.Heard).ToHashSet();
        for (var i = 1; i < said.Length; i++)
        {
            var (before, number) = (Parse(said[i - 1]), Parse(said[i]));
            Assert.True(
                number == before + 1 || (begins.Contains(i) && number > before),
                $"{client.Name} heard {number} behind {before}, as its {i}. of {said.Length}. It was let in: {string.Join(", ", entered)}");
        }
        Interlocked.Add(ref _returns, entered.Length - 1);
        Interlocked.Add(ref _recovered, entered.Count(entered => entered.Recovered));
    }

    private static async Task PublishAsync(JavaScriptClient publisher, CancellationToken ends)
    {
        for (var n = 1; !ends.IsCancellationRequested; n++)
        {
            await publisher.CallAsync("say", Room, n);
        }
    }

    /// <summary>Spreads the deaths over the breaks: of one worker, of the other, and of the directory, in turn.</summary>
    private async Task KillAsync(RunningCluster cluster, int breaks, int kills)
    {
        string[] victims = ["worker-1", "directory", "worker-2"];
        for (var i = 0; i < kills; i++)
        {
            var when = (long)breaks * (i + 1) / (kills + 1);
            await OperatingSystemProcesses.UntilAsync(() => Volatile.Read(ref _breaks) >= when, "enough breaks", TimeSpan.FromMinutes(10));
            await cluster.KillAsync(victims[i % victims.Length]);
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

    [GeneratedRegex(@"a client asked for its session and does not get it: (?<why>\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Refusal();
}
