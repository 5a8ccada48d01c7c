using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A namespace's turn that takes too long is logged with what it did, once.</summary>
public sealed class LongTurnTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_turn_that_took_over_a_second_is_logged_with_what_it_did()
    {
        await using var cluster = await StartAsync();
        await RunAsync(cluster, "a long thing", () => _time.AdvanceWithLateTimers(TimeSpan.FromSeconds(3)));
        await RunAsync(cluster, "a short thing", () => { });
        var line = Assert.Single(cluster[0].Log.Errors, line => line.Contains("a turn has taken", StringComparison.Ordinal));
        Assert.StartsWith("Warning: /: a turn has taken 3000 ms, in which nobody else in the namespace was served.", line, StringComparison.Ordinal);
        Assert.Contains("the longest was a long thing", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_that_does_not_end_is_logged_while_it_lasts()
    {
        await using var cluster = await StartAsync();
        await RunAsync(cluster, "an endless thing", () =>
        {
            // The timer fires on this thread, in the turn: who looks is another one, mostly.
            _time.Advance(TimeSpan.FromSeconds(1.5));
            Assert.Contains(cluster[0].Log.Errors, line => line.Contains("the longest was an endless thing", StringComparison.Ordinal));
            _time.AdvanceWithLateTimers(TimeSpan.FromSeconds(3));
        });
        Assert.Single(cluster[0].Log.Errors, line => line.Contains("a turn has taken", StringComparison.Ordinal));
    }

    private Task<SocketIOCluster> StartAsync() =>
        SocketIOCluster.StartAsync(build: builder => builder.Services.AddSingleton<TimeProvider>(_time));

    /// <summary>Runs something in the turn of the namespace; ends behind the turn.</summary>
    private static async Task RunAsync(SocketIOCluster cluster, string what, Action action)
    {
        var item = new CommandItem(
            (_, waiter, _) =>
            {
                action();
                waiter.SetResult();
            },
            what);
        cluster[0].IO.Root.Core.Enqueue(item);
        await item.Task;
        var next = new CommandItem((_, waiter, _) => waiter.SetResult(), "waiting for the turn's end");
        cluster[0].IO.Root.Core.Enqueue(next);
        await next.Task;
    }
}
