using OrleansAdapter.EndToEnd.Harness;
using OrleansAdapter.EndToEnd.Suites;

namespace OrleansAdapter.EndToEnd;

/// <summary>The page as somebody sees it who opens the front's address: people on several workers, and a worker that is killed by a button.</summary>
public sealed class DemonstrationTests
{
    [Fact(Timeout = 180_000)]
    public async Task People_in_two_tabs_are_on_several_workers_and_get_on_when_one_is_killed()
    {
        Checkout.SkipWithoutNode();
        await using var cluster = await RunningCluster.StartAsync([("SocketIO__ConnectionStateRecovery__MaxDisconnectionDuration", "00:02:00")]);

        await PageSuite.RunAsync("demonstration.mjs", cluster.Front);
    }

    [Fact(Timeout = 180_000)]
    public async Task When_one_of_two_workers_was_killed_and_started_again_the_people_of_a_page_are_on_two_workers_again()
    {
        FullRun.Needed("People in two tabs get on when one of three workers is killed, and part again where they met on one, in every run.");
        Checkout.SkipWithoutNode();
        await using var cluster = RunningCluster.Start(RunningCluster.FreePort(), "--workers", "2");
        await cluster.LineAsync("ready ");

        await PageSuite.RunAsync("apart-again.mjs", cluster.Front);
    }
}
