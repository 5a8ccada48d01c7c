using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A namespace's turn that takes over a second is logged with what it did, once.</summary>
public sealed class LongTurnTests
{
    [Fact]
    public async Task A_turn_that_does_not_end_is_logged_while_it_lasts_and_not_again()
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        var log = cluster[0].Log;
        // The turn lasts until it has been told of.
        await RunAsync(cluster, "an endless thing", () => SpinWait.SpinUntil(() => log.LongTurns.Count > 0, TimeSpan.FromSeconds(20)));
        await RunAsync(cluster, "a short thing", () => { });
        var line = Assert.Single(log.LongTurns);
        Assert.Matches("^Warning: /: a turn has taken [1-9][0-9]{3,} ms, in which nobody else in the namespace was served\\.", line);
        Assert.Contains("the longest was an endless thing", line, StringComparison.Ordinal);
    }

    /// <summary>Runs something in the turn of the namespace; ends behind the turn.</summary>
    private static async Task RunAsync(SocketIOCluster cluster, string what, Action action)
    {
        foreach (var item in new[]
        {
            new CommandItem(
                (_, waiter, _) =>
                {
                    action();
                    waiter.SetResult();
                },
                what),
            new CommandItem((_, waiter, _) => waiter.SetResult(), "waiting for the turn's end"),
        })
        {
            cluster[0].IO.Root.Core.Enqueue(item);
            await item.Task;
        }
    }
}
