using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>Machines that find each other are one cluster, however each was told of it.</summary>
[Trait("part", "machines")]
public sealed class JoinedMachinesTests
{
    private const string Room = "room";

    [Fact(Timeout = 120_000)]
    public async Task Machines_that_find_each_other_in_Redis_are_one_cluster_the_second_as_its_environment_says_and_the_third_without_a_silo()
    {
        FullRun.Needed("Machines that find each other in PostgreSQL are tested in every run (MachinesTests).");
        await using var clients = JavaScriptClients.Start();
        await using var machines = await TestMachines.StartAsync("redis", 1, "--workers", "1");
        await using var collector = await OtlpCollector.StartAsync();
        await machines.AddByConfigurationAsync(collector.Environment);
        await machines.Add("--directory", "none", "--workers", "1").LineAsync("ready ");
        var members = await Task.WhenAll(machines.All.Select(machine => clients.JoinAsync(machine.Url(1), Room)));

        Assert.Equal(members.Select(client => client.Id).Order(StringComparer.Ordinal), await members[2].WhoAsync(Room));
        for (var from = 0; from < members.Length; from++)
        {
            await members[from].CallAsync("say", Room, $"hello from {from + 1}");
            await Task.WhenAll(members.Select(member => member.HearsAsync($"\"hello from {from + 1}\"")));
        }
        await machines.All[0].ClusterAsync(
            cluster => cluster.Machines.Select(machine => (machine.Silos.Count, machine.Servers.Count)).SequenceEqual([(1, 1), (1, 1), (0, 1)]),
            "two machines with silos, and one with a worker alone");
        await machines.UseDoorsAsync(silos: 2); // each silo counts something then, whether it has a home or none
        foreach (var (process, metric) in new[]
        {
            ("primary", "orleansadapter.primary.workers"), ("directory", "orleansadapter.publishes"), ("worker-1", "orleansadapter.connections"),
        })
        {
            await collector.Metrics.FirstAsync(one => one == ($"{process}@127.0.0.2", metric), $"{metric} of the second machine's {process}");
        }
        Assert.DoesNotContain(machines.All[2].Lines.All, line => line.Text.StartsWith("directory  pid ", StringComparison.Ordinal));
    }
}
