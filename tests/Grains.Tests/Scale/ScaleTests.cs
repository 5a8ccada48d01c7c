using OrleansAdapter.Grains.Testing;

namespace OrleansAdapter.Grains.Tests.Scale;

/// <summary>
/// What goes between homes and servers in a large cluster, counted: 1,000 servers, in nine namespaces here, in 100 with ORLEANSADAPTER_FULL=1. What
/// docs/SCALE.md says of it stays true.
/// </summary>
public sealed class ScaleTests
{
    private const int Servers = 1_000;
    private const int Silos = 3;
    private static readonly Room All = Room.Named("all");

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_a_thousand_servers_say_is_bounded(int seed)
    {
        var namespaces = IsFull ? 100 : 9;
        var cluster = new ScaleCluster(new ScaleOptions { Namespaces = namespaces, Silos = Silos, Seed = seed });
        for (var number = 0; number < Servers; number++)
        {
            cluster.Add();
            cluster.Pass(1);
        }
        Assert.InRange(cluster.Until(() => cluster.AllKnowAll), 0, 500);
        var lives = (double)(Servers * namespaces);
        Assert.InRange(cluster.Traffic.Calls / lives, 1, 12);
        Assert.InRange(cluster.Traffic.Events / lives, 1, 12);

        AtRest(cluster);
        Join(cluster, namespaces);
        Broadcast(cluster, namespaces);
        RollingRestart(cluster, namespaces);
        Assert.All(cluster.Removals, removal => Assert.Equal(RemovalReason.Died, removal.Reason));
    }

    public static TheoryData<int> Seeds() => IsFull ? [1, 2, 3] : [1];

    private static bool IsFull => Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") == "1";

    /// <summary>
    /// Twice a second each server asks all homes of a silo but one in one call, and that one in another; renewals travel with that, and homes say nothing.
    /// </summary>
    private static void AtRest(ScaleCluster cluster)
    {
        const int Seconds = 10;
        cluster.Pass(5_000);
        var traffic = Counted(cluster, () => cluster.Pass(Seconds * 1_000));
        Assert.InRange(traffic.Calls / Seconds, 1, Servers * Silos * 4.1);
        Assert.Equal(0, traffic.Events);
    }

    /// <summary>Each server hears of it once in each namespace, and names what it has heard once.</summary>
    private static void Join(ScaleCluster cluster, int namespaces)
    {
        var traffic = Counted(cluster, () =>
        {
            cluster.Add();
            Assert.InRange(cluster.Until(() => cluster.AllKnowAll), 0, 50);
            cluster.Pass(2_000);
        });
        Assert.InRange(traffic.Events, Servers * namespaces, Servers * namespaces * 1.05);
        Assert.InRange(traffic.Calls, 1, (Servers * namespaces * 1.1) + (2.5 * Servers * Silos * 4));
    }

    /// <summary>One event to each other server, and none to those without members.</summary>
    private static void Broadcast(ScaleCluster cluster, int namespaces)
    {
        const int Members = Servers / 2;
        foreach (var server in cluster.Servers.Take(Members))
        {
            server.Lives[0].Join(All);
        }
        cluster.Pass(5_000);
        var lives = cluster.Servers.Select(server => server.Lives[0]).ToArray();
        var before = lives.Sum(life => life.Handled);
        cluster.IsQuiet = true;
        var traffic = Counted(cluster, () =>
        {
            var publish = new ScalePublish(Operation.Emit(new BroadcastTarget([All], []), new byte[100]));
            lives[0].Publish(publish);
            cluster.Until(() => publish.HasEnded);
            cluster.Pass(10);
        });
        cluster.IsQuiet = false;
        Assert.Equal(Members, lives.Sum(life => life.Handled) - before);
        Assert.Equal(Members - 1, traffic.Events);
        Assert.InRange(traffic.Calls, 1, 3);
        Assert.Equal(namespaces * (Servers + 1), cluster.Lives.Count(life => life.Replica.IsLive));
    }

    /// <summary>Ten at a time leave, and ten others come: each time everybody is told twice at most, in each namespace.</summary>
    private static void RollingRestart(ScaleCluster cluster, int namespaces)
    {
        const int AtOnce = 10;
        const int Times = 4;
        var traffic = Counted(cluster, () =>
        {
            foreach (var servers in cluster.Servers.Take(AtOnce * Times).Chunk(AtOnce).ToArray())
            {
                Array.ForEach(servers, cluster.Remove);
                cluster.Pass(200);
                Array.ForEach(servers, _ => cluster.Add());
                cluster.Pass(300);
            }
            Assert.InRange(cluster.Until(() => cluster.AllKnowAll), 0, 500);
        });
        Assert.InRange(traffic.Events / (Servers * namespaces), 1, Times * 4.2);
        Assert.InRange(traffic.Calls / (Servers * namespaces), 1, Times * 4.2);
    }

    private static Traffic Counted(ScaleCluster cluster, Action action)
    {
        var before = cluster.Traffic;
        action();
        return cluster.Traffic - before;
    }
}
