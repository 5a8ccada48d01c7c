using System.Globalization;
using OrleansAdapter.Grains;
using OrleansAdapter.Grains.Testing;

namespace OrleansAdapter.Bench.Scale;

/// <summary>
/// What goes between homes and servers in a large cluster, counted on the state machines themselves: the tables of docs/SCALE.md. Counts do not depend on the
/// machine; the home's processor time does.
/// </summary>
internal static class ScaleBenchmark
{
    private const int PayloadBytes = 200;
    private const int Publishes = 1_000;
    private static readonly Room All = Room.Named("all");
    private static readonly Room Two = Room.Named("two");

    public static async Task<int> RunAsync(int servers, int namespaces)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{servers:#,0} servers, {namespaces:#,0} namespaces; bytes without Orleans' own headers.\n"));
        Console.WriteLine("| what | in | calls | events | bytes to homes | bytes to servers | a home's CPU |\n|---|---|---|---|---|---|---|");
        var cluster = new ScaleCluster(new ScaleOptions { CountsBytes = true });
        Start(cluster, servers);
        var rest = Rest(cluster);
        Row("at rest, each second, one namespace", "–", rest);
        foreach (var silos in (int[])[1, 3, 10, namespaces])
        {
            RestOfAll(servers, namespaces, silos);
        }
        Row("the same, where each home is asked by itself", "–", rest * namespaces);
        Join(cluster, rest, namespaces);
        Broadcasts(cluster, servers);
        RollingRestart(cluster, rest, servers, namespaces);
        Replacement(cluster, namespaces);
        Descriptions(servers);
        var (own, shared) = HomeMemory.Measure();
        Console.WriteLine(Text($"\nA home keeps {own:0} B for a room with members on one server, and {shared:0} B for each server where a room has members."));
        var (silo, server) = await RestOnOrleans.MeasureAsync();
        Console.WriteLine(Text($"At rest, on Orleans, a server in a namespace costs its silo {silo.TotalMicroseconds:0.0} µs a second,"));
        Console.WriteLine(Text($"and itself {server.TotalMicroseconds:0.0} µs."));
        return 0;
    }

    /// <summary>All servers start within a second.</summary>
    private static void Start(ScaleCluster cluster, int servers)
    {
        var before = cluster.Traffic;
        for (var number = 0; number < servers; number++)
        {
            cluster.Add();
            if (number % Math.Max(1, servers / 1_000) == 0)
            {
                cluster.Pass(1);
            }
        }
        var took = cluster.Until(() => cluster.AllKnowAll);
        Row("all start within a second, one namespace", $"{1_000 + took} ms", cluster.Traffic - before);
        foreach (var server in cluster.Servers)
        {
            server.Lives[0].Join(All);
        }
        foreach (var server in cluster.Servers.Take(2))
        {
            server.Lives[0].Join(Two);
        }
        cluster.Pass(10_000);
    }

    private static Traffic Rest(ScaleCluster cluster)
    {
        const int Seconds = 30;
        var before = cluster.Traffic;
        cluster.Pass(Seconds * 1_000);
        return (cluster.Traffic - before) * (1.0 / Seconds);
    }

    /// <summary>
    /// Servers in all namespaces, whose homes are spread over some silos. A tenth of the servers is counted, and ten times that is told: what one says at rest
    /// does not depend on how many others there are.
    /// </summary>
    private static void RestOfAll(int servers, int namespaces, int silos)
    {
        const int Share = 10;
        var cluster = new ScaleCluster(new ScaleOptions { CountsBytes = true, Namespaces = namespaces, Silos = silos });
        for (var number = 0; number < servers / Share; number++)
        {
            cluster.Add();
            cluster.Pass(10);
        }
        cluster.Until(() => cluster.AllKnowAll);
        cluster.Pass(10_000);
        Row($"at rest, each second, all {namespaces}, on {silos} silo{(silos == 1 ? "" : "s")}", "–", Rest(cluster) * Share);
    }

    private static void Join(ScaleCluster cluster, Traffic rest, int namespaces)
    {
        var before = cluster.Traffic;
        cluster.Add();
        var took = cluster.Until(() => cluster.AllKnowAll);
        cluster.Pass(5_000);
        var traffic = cluster.Traffic - before - (rest * ((took + 5_000) / 1_000.0));
        Row("a server joins, one namespace", $"{took} ms", traffic);
        Row($"a server joins all {namespaces}", $"{took} ms", traffic * namespaces);
    }

    private static void Broadcasts(ScaleCluster cluster, int servers)
    {
        Broadcast(cluster, All, Text($"a broadcast to {servers:#,0} servers"));
        Broadcast(cluster, Two, Text($"a broadcast to 2 servers of {servers:#,0}"));
    }

    /// <summary>One after the other, so that nothing is pushed together: the mean of many.</summary>
    private static void Broadcast(ScaleCluster cluster, Room room, string text)
    {
        cluster.IsQuiet = true;
        var publisher = cluster.Servers.First();
        var (before, began) = (cluster.Traffic, cluster.Now);
        for (var n = 0; n < Publishes; n++)
        {
            var publish = new ScalePublish(Operation.Emit(new BroadcastTarget([room], []), new byte[PayloadBytes]));
            publisher.Lives[0].Publish(publish);
            cluster.Until(() => publish.HasEnded);
        }
        cluster.Pass(10);
        cluster.IsQuiet = false;
        Row(text, Text($"{(cluster.Now - began) / (double)Publishes:0} ms"), (cluster.Traffic - before) * (1.0 / Publishes));
    }

    /// <summary>Each server leaves and another one comes in its place: one after the other, four a second.</summary>
    private static void RollingRestart(ScaleCluster cluster, Traffic rest, int servers, int namespaces)
    {
        var (before, began) = (cluster.Traffic, cluster.Now);
        foreach (var server in cluster.Servers.ToArray())
        {
            cluster.Remove(server);
            cluster.Pass(100);
            cluster.Add().Lives[0].Join(All);
            cluster.Pass(150);
        }
        cluster.Until(() => cluster.AllKnowAll);
        var seconds = (cluster.Now - began) / 1_000.0;
        var traffic = cluster.Traffic - before - (rest * seconds);
        var text = string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s");
        Row($"all {servers:#,0} restarted, four a second, one namespace", text, traffic);
        Row($"the same, all {namespaces}", text, traffic * namespaces);
    }

    /// <summary>Nobody tells the servers: each finds out when it asks.</summary>
    private static void Replacement(ScaleCluster cluster, int namespaces)
    {
        cluster.Pass(5_000);
        var before = cluster.Traffic;
        cluster.Replace(0);
        var took = cluster.Until(() => cluster.AllKnowAll);
        var traffic = cluster.Traffic - before;
        Row("a home's silo dies, and the next one opens", $"{took} ms", traffic);
        Row($"the same, if it had all {namespaces}", $"{took} ms", traffic * namespaces);
    }

    /// <summary>What each process tells of itself, to the list of servers and to the grain that keeps its answers, whatever namespaces it has.</summary>
    private static void Descriptions(int servers)
    {
        var one = new Describe(
            new ServerDescription(ServerId.FromBits(1 << 12), "worker-1@10.0.0.1", DateTimeOffset.UnixEpoch, 10_000, "10.0.0.1:40000"), 1, 0);
        var bytes = Wire.Write(one, ProtocolVersion.Current).Length;
        var each = servers / 3.333;
        Row("descriptions, each second, all processes", "–", new Traffic(2 * each, 0, 2 * each * bytes, 0, 0));
    }

    private static void Row(string what, string took, Traffic traffic) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {took} | {traffic.Calls:#,0} | {traffic.Events:#,0} | {Size(traffic.Up)} | {Size(traffic.Down)} "
        + $"| {(traffic.Ticks <= 0 ? "–" : Time(traffic.Processor))} |"));

    private static string Size(double bytes) => bytes switch
    {
        < 10_000 => Text($"{bytes:#,0} B"),
        < 10_000_000 => Text($"{bytes / 1_000:#,0} KB"),
        _ => Text($"{bytes / 1_000_000:#,0} MB"),
    };

    private static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => Text($"{time.TotalMicroseconds:0} µs"),
        < 1_000 => Text($"{time.TotalMilliseconds:0.0} ms"),
        _ => Text($"{time.TotalSeconds:0.0} s"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
