using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H4: when a home opens.</summary>
public sealed class HoldTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly ServerId C = Life(3);

    [Fact]
    public void The_first_home_of_all_opens_for_the_first_server()
    {
        var home = new TestHome(firstStart: true);

        home.Register(A);

        Assert.True(home.Home.IsOpen);
        Assert.Equal(home.SessionOf(A), home.Last<Registered>(A).Session);
    }

    [Fact]
    public void A_fresh_server_does_not_open_a_home_that_may_have_been_there_before()
    {
        var home = new TestHome();

        home.Register(A);

        Assert.False(home.Home.IsOpen);
        home.Pass(Options.Hold - 1);
        Assert.False(home.Home.IsOpen);
        home.Tick(1);
        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void Even_a_first_home_waits_once_somebody_remembers_another_one()
    {
        var home = new TestHome(firstStart: true);

        home.Register(A, History(A, B));
        home.Register(C);

        Assert.False(home.Home.IsOpen);
    }

    [Fact]
    public void It_opens_when_all_that_anybody_knew_are_back()
    {
        var home = new TestHome();

        home.Register(A, History(A, B));
        Assert.False(home.Home.IsOpen);
        home.Register(B, History(A, B, C) with { ListVersion = 2 });
        Assert.False(home.Home.IsOpen);
        home.Register(C, History(C));

        Assert.True(home.Home.IsOpen);
        Assert.Equal([A, B, C], home.Home.Lives);
    }

    [Fact]
    public void It_does_not_wait_for_the_dead_or_the_replaced()
    {
        var home = new TestHome();
        home.Register(A, History(A, B, C));
        home.Home.ReportDeath(B.Process, home.Now);
        Assert.False(home.Home.IsOpen);

        home.Register(C.NextIncarnation(), replaces: C);

        Assert.True(home.Home.IsOpen);
        Assert.Equal([A, C.NextIncarnation()], home.Home.Lives);
    }

    [Fact]
    public void A_death_report_may_be_the_last_thing_it_waited_for()
    {
        var home = new TestHome();
        home.Register(A, History(A, B));

        home.Home.ReportDeath(B.Process, home.Now);

        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void Who_died_after_registering_is_merged_and_removed()
    {
        var home = new TestHome();
        home.Register(A, History(A, B) with { Rooms = [Red] });
        home.Register(B, History(A, B, C) with
        {
            ListVersion = 2,
            Handled = 4,
            Number = 4,
            LastPosition = 1,
            Retained = [Entry(4, B, 1, 1, Emit(Red))],
            Seen = [new SeenPosition(B, 1)],
        });
        home.Home.ReportDeath(B.Process, home.Now);

        home.Register(C, History(C));

        Assert.Equal([A, C], home.Home.Lives);
        Assert.Equal([4], home.Pushed(A));
        Assert.Equal([A, C], home.Last<Push>(C).Head!.List!);
    }

    [Fact]
    public void A_register_of_a_dead_process_does_not_count()
    {
        var home = new TestHome();
        home.Home.ReportDeath(B.Process, home.Now);

        home.Register(B, History(A, B));
        home.Register(A, History(A, B));

        Assert.Equal([A], home.Home.Lives);
    }

    [Fact]
    public void The_time_begins_anew_with_the_first_history_and_with_no_other()
    {
        var home = new TestHome();
        home.Register(A);
        home.Pass(Options.Hold - 1);
        home.Register(B, History(A, B, C));
        home.Pass(Options.HoldForKnown - 1);
        Assert.False(home.Home.IsOpen);

        home.Register(C.NextIncarnation(), History(A, B, C));
        home.Tick(1);

        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void A_directory_that_was_paused_hears_first_who_wrote_meanwhile()
    {
        var home = new TestHome();
        home.Register(A, History(A, B));
        home.Tick(10 * Options.Hold);
        Assert.False(home.Home.IsOpen);

        home.Register(B, History(A, B));

        Assert.Equal([A, B], home.Home.Lives);
    }

    [Fact]
    public void A_pause_before_anybody_came_makes_the_wait_no_longer()
    {
        var home = new TestHome();
        home.Tick(0);
        home.Now += 10 * Options.Hold;
        home.Register(A, History(A, B));
        home.Tick(0);

        home.Pass(Options.HoldForKnown);

        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void The_first_register_of_a_life_counts()
    {
        var home = new TestHome();
        home.Register(A, History(A, B) with { Rooms = [Red] });
        home.Register(A, History(A, B) with { Rooms = [Blue] });

        home.Register(B, History(A, B));

        Assert.Equal([(Red, A, false)], home.Home.Memberships());
    }

    [Fact]
    public void Nothing_opens_without_anybody()
    {
        var home = new TestHome(firstStart: true);

        home.Pass(10 * Options.Hold);

        Assert.False(home.Home.IsOpen);
        Assert.Empty(home.Sent);
    }
}
