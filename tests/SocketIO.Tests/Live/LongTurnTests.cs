using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A namespace's turn that takes over a second is logged with what it did, once.</summary>
public sealed class LongTurnTests
{
    [Fact]
    public async Task A_turn_that_does_not_end_is_logged_while_it_lasts_and_not_again()
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        // The turn lasts until it has been told of.
        await RunAsync(cluster, "an endless thing", () => SpinWait.SpinUntil(() => Told().Any(), InTime.Limit));
        await RunAsync(cluster, "a short thing", () => { });
        Assert.Matches("^Warning: /: a turn has taken [1-9][0-9]{3,} ms, in which nobody else in the namespace was served\\.", Assert.Single(Told()));

        // On a busy machine, others may take long as well.
        IEnumerable<string> Told() => cluster[0].Log.LongTurns.Where(line => line.Contains("the longest was an endless thing", StringComparison.Ordinal));
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
