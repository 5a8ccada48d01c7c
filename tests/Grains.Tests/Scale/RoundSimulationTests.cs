using OrleansAdapter.Grains.Testing;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Grains.Tests.Scale;

/// <summary>
/// Rounds on a network that loses, repeats and delays them, for silos that die and homes that go, by seed; ORLEANSADAPTER_FULL=1 runs many more.
/// </summary>
public sealed class RoundSimulationTests
{
    private const int Servers = 6;
    private const int Namespaces = 12;
    private static readonly Room All = Room.Named("all");
    private static readonly ReplicaOptions Times = new() { OperationTimeout = 1_000_000 };

    [Fact]
    public void Rounds_that_are_lost_late_and_doubled_do_no_harm() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed, Loss = 0.2, Repeat = 0.2, Delay = 900 });
        cluster.Network.IsFaulty = true;
        cluster.Pass(20_000);
        cluster.Network.IsFaulty = false;
        IsWhole(cluster);
    });

    [Fact]
    public void Where_nothing_is_lost_no_lease_ends() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed, Repeat = 0.3, Delay = 600 });
        cluster.Network.IsFaulty = true;
        cluster.Pass(60_000);
        cluster.Network.IsFaulty = false;
        IsWhole(cluster);
        Assert.Empty(cluster.Removals);
        Assert.All(cluster.Lives, life => Assert.Equal(0, life.Fences));
    });

    /// <summary>H2: the lease in a home is renewed by what reaches that home, and by nothing else.</summary>
    [Fact]
    public void A_server_that_reaches_all_homes_but_one_lapses_in_that_one_alone() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed });
        var cut = cluster.Network.Random.Next(Namespaces);
        var server = cluster.Servers.First();
        cluster.Cut(server, cut);

        cluster.Pass(6_000);
        Assert.Empty(cluster.Removals);
        cluster.Pass(6_000);
        Assert.Equal((cut, server.Lives[cut].Id, RemovalReason.Lapsed), Assert.Single(cluster.Removals));

        cluster.Mend();
        IsWhole(cluster);
        Assert.Single(cluster.Removals);
        Assert.Equal([server.Lives[cut]], cluster.Lives.Where(life => life.Fences > 0));
    });

    [Fact]
    public void A_home_that_is_busy_or_not_there_holds_up_none_of_the_others() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed });
        var (busy, gone) = (0, Options.Silos); // both in the first silo
        cluster.HomeOf(busy)!.BusyUntil = cluster.Now + 30_000;
        cluster.End(gone);

        cluster.Pass(3_000);
        Assert.All(cluster.Lives, life => Assert.True(life.Replica.IsLive && life.Contact.IsSilent(cluster.Now, 1_000) == false));
        cluster.Pass(27_000);
        IsWhole(cluster);
        Assert.Empty(cluster.Removals);
        Assert.All(cluster.Lives, life => Assert.Equal(0, life.Fences));
    });

    /// <summary>A round goes to a silo, and a call by itself to where the home is: only those notice that it is elsewhere.</summary>
    [Fact]
    public void A_home_that_another_one_has_replaced_is_found_out_though_it_answers_in_rounds() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed });
        cluster.Double(cluster.Network.Random.Next(Namespaces));

        Assert.InRange(cluster.Until(() => cluster.AllKnowAll), 0, (Namespaces / Options.Silos * 500) + 1_000);
        IsWhole(cluster);
    });

    [Fact]
    public void When_a_silo_dies_its_homes_open_elsewhere_in_time_and_with_all_servers() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed });
        var dies = cluster.Network.Random.Next(Options.Silos);
        var (epochs, declaredAfter) = (cluster.Lives.Select(life => life.Replica.Epoch).Max(), 100 + cluster.Network.Random.Next(3_000));
        cluster.Kill(dies, declaredAfter);

        cluster.Pass(declaredAfter);
        var took = cluster.Until(() => cluster.AllKnowAll);
        Assert.InRange(took, 0, 1_000);
        Assert.Empty(cluster.Removals);
        Assert.All(cluster.Lives, life => Assert.Equal(life.Namespace % Options.Silos == dies, life.Replica.Epoch > epochs));
        IsWhole(cluster);
        Assert.All(cluster.Lives, life => Assert.Equal(0, life.Fences));
    });

    [Fact]
    public void When_a_silo_dies_on_a_network_that_loses_all_come_back() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed, Loss = 0.1, Repeat = 0.1, Delay = 300 });
        cluster.Network.IsFaulty = true;
        cluster.Kill(cluster.Network.Random.Next(Options.Silos), 100 + cluster.Network.Random.Next(3_000));
        cluster.Pass(15_000);
        cluster.Network.IsFaulty = false;
        IsWhole(cluster);
    });

    /// <summary>Servers of the version before, which ask each home by itself, and silos of it, whose homes say nothing of where they are.</summary>
    [Fact]
    public void Versions_that_know_rounds_and_that_do_not_get_on_together() => ForEachSeed(seed =>
    {
        var cluster = Started(new ScaleOptions { Seed = seed, KnowsRounds = number => number % 2 == 0, NamesSilo = silo => silo != 0 });
        var before = cluster.Traffic;
        cluster.Pass(30_000);
        Assert.All(cluster.Lives, life => Assert.Equal(life.Server.Number % 2 == 0 && life.Namespace % Options.Silos != 0, life.Contact.Silo is not null));
        // Each second and server: 4 calls for each silo that names itself, or 2.3 for each home.
        var each = (cluster.Traffic - before).Calls / 30 / Servers;
        Assert.InRange(each, Namespaces * 1.2, Namespaces * 2.1);

        cluster.Kill(1, 1_000);
        cluster.Pass(1_000);
        Assert.InRange(cluster.Until(() => cluster.AllKnowAll), 0, 1_000);
        IsWhole(cluster);
        Assert.Empty(cluster.Removals);
    });

    private static ScaleOptions Options => new() { Namespaces = Namespaces, Silos = 3 };

    /// <summary>Runs the seeds on two threads; says the first that fails.</summary>
    private static void ForEachSeed(Action<int> run)
    {
        var seeds = Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") == "1" ? 2_000 : 20;
        Parallel.For(1, seeds + 1, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            try
            {
                run(seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        });
    }

    private static ScaleCluster Started(ScaleOptions options)
    {
        var cluster = new ScaleCluster(options with { Namespaces = Options.Namespaces, Silos = Options.Silos }, Times);
        for (var number = 0; number < Servers; number++)
        {
            cluster.Add();
            cluster.Pass(cluster.Network.Random.Next(400));
        }
        cluster.Until(() => cluster.AllKnowAll);
        cluster.Pass(1_000 + cluster.Network.Random.Next(1_000));
        return cluster;
    }

    /// <summary>Everybody is live, knows everybody, and what is published to all reaches each of them once.</summary>
    private static void IsWhole(ScaleCluster cluster)
    {
        cluster.Pass(5_000);
        cluster.Until(() => cluster.AllKnowAll);
        foreach (var life in cluster.Lives)
        {
            life.Join(All);
        }
        cluster.Pass(2_000);
        var before = cluster.Lives.ToDictionary(life => life, life => life.Handled);
        foreach (var life in cluster.Servers.First().Lives)
        {
            life.Publish(new ScalePublish(Operation.Emit(new BroadcastTarget([All], []), new byte[100])));
        }
        cluster.Pass(2_000);
        Assert.All(before, life => Assert.Equal(life.Value + 1, life.Key.Handled));
    }
}
