using System.Globalization;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd;

/// <summary>
/// An upgrade as an operator does it: under this version's primary, workers of the version before are replaced by this version's, one after the other, and,
/// where that was a mistake, the other way round; all of it under load.
/// </summary>
public sealed class RollingUpgradeTests : IDisposable
{
    private const string Room = "room";
    private const int Clients = 2 * RunningCluster.Workers;

    private readonly string _folder = Directory.CreateTempSubdirectory("oa-upgrade-").FullName;

    [Theory(Timeout = 300_000)]
    [InlineData]
    [InlineData("--colocated")]
    public async Task Who_is_connected_misses_nothing_while_workers_of_the_version_before_are_replaced_and_come_back(params string[] arguments)
    {
        FullRun.Needed("It builds a worker of the version before, and nothing in every run does the same.");
        Checkout.SkipWithoutNode();
        var last = await LastVersion.BuildAsync(_folder);
        await using var sockets = JavaScriptClients.StartSocketIO();
        await using var hubs = JavaScriptClients.Start();
        MoveLink(last);
        await using var cluster = await RunningCluster.StartAsync(["--worker", Path.Combine(_folder, "current", "WebWorker.dll"), .. arguments]);
        List<JavaScriptClient> members = [];
        for (var i = 0; i < Clients; i++)
        {
            members.Add(await sockets.StayAsync(cluster.Front, Room));
        }
        var publishers = members.Where((_, i) => i % 2 == 0).ToArray();
        Assert.True(await IsLastAsync(members[0]));
        await Task.WhenAll(publishers.Select(client => client.LoadAsync(Room, go: true)));

        foreach (var (program, isLast) in new[] { (Path.GetDirectoryName(Checkout.Program("WebWorker"))!, false), (last, true) })
        {
            for (var worker = 1; worker <= RunningCluster.Workers; worker++)
            {
                // These do not come back: they hear all until their worker leaves.
                members.Add(await hubs.JoinAsync(cluster.Url(worker), Room));
            }
            var before = await cluster.StatusAsync();
            await HearMoreAsync(publishers);
            MoveLink(program);

            var (exitCode, output, error) = await ProgramRun.RunAsync(
                "Silo", cluster.Temporary, ["reload", "--port", cluster.Port.ToString(CultureInfo.InvariantCulture)]);

            Assert.True((error, exitCode) == ("", 0), $"{error}The primary:\n{cluster.Said}");
            Assert.StartsWith("reloaded", output);
            var after = await cluster.StatusAsync();
            Assert.Empty(before.Workers.Select(worker => worker.Pid).Intersect(after.Workers.Select(worker => worker.Pid)));
            Assert.Equal(before.Directory!.Pid, after.Directory!.Pid);
            await HearMoreAsync(publishers);
            foreach (var member in members.Take(Clients))
            {
                await member.ReconnectsAsync();
                Assert.Equal(isLast, await IsLastAsync(member));
            }
        }
        await Task.WhenAll(publishers.Select(client => client.RestAsync()));
        Histories.CheckConnected(publishers, members);
        await members[0].CallAsync("say", Room, new { from = "end", n = 1 });
        await Task.WhenAll(members.Take(Clients).Select(member => member.Said.FirstAsync(said => said.Contains("\"end\""), "the last message")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Waits until each publisher goes on, and all that it said lately is accepted.</summary>
    private static async Task HearMoreAsync(IEnumerable<JavaScriptClient> publishers) =>
        await Task.WhenAll(publishers.Select(publisher => publisher.Acknowledged.UntilAsync(publisher.Acknowledged.Count + 20, "20 messages more")));

    private static async Task<bool> IsLastAsync(JavaScriptClient client) => (await client.CallAsync("whoami"))!["last"] is not null;

    private void MoveLink(string to)
    {
        var link = Path.Combine(_folder, "current");
        if (Directory.Exists(link))
        {
            Directory.Delete(link);
        }
        Directory.CreateSymbolicLink(link, to);
    }
}
