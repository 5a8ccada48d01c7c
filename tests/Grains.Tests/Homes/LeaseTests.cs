using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H11 and H12: how a life ends, and how not.</summary>
public sealed class LeaseTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);

    [Fact]
    public void A_silent_life_ends_with_its_lease_and_leaves_all_rooms()
    {
        var home = With(A, B);
        home.Join(A, 1, Red);

        home.Pass(Options.Lease + 100, B);

        Assert.Equal([B], home.Home.Lives);
        Assert.Equal((A, RemovalReason.Lapsed), Assert.Single(home.Removals));
        Assert.Single(home.All<Fenced>(A));
        Assert.Empty(home.Home.Memberships());
        Assert.Equal([B], home.Last<Push>(B).Head!.List!);
    }

    [Fact]
    public void Any_message_of_the_session_extends_the_lease_and_no_other_does()
    {
        var home = With(A, B);
        home.Pass(Options.Lease - 100, B);
        home.Receive(new Acknowledge { Life = A, Epoch = FirstEpoch, Session = home.SessionOf(A) + 1, Handled = 0 });
        home.Acknowledge(B, 0);

        home.Pass(200, B);

        Assert.Equal([B], home.Home.Lives);
    }

    [Fact]
    public void A_directory_that_was_paused_extends_all_leases_by_its_pause()
    {
        var home = With(A);
        home.Renew(A);
        home.Pass(Options.Lease - 100);

        home.Tick(5 * Options.Lease);
        Assert.Equal([A], home.Home.Lives);

        home.Pass(200);
        Assert.Empty(home.Home.Lives);
    }

    [Fact]
    public void A_death_report_ends_all_lives_of_the_process_at_once_and_may_be_repeated()
    {
        var home = With(A, B, B.NextIncarnation());
        home.Join(B, 1, Red);

        home.Home.ReportDeath(B, home.Now);
        home.Home.ReportDeath(B.Process, home.Now);

        Assert.Equal([A], home.Home.Lives);
        Assert.Equal([(B, RemovalReason.Died), (B.NextIncarnation(), RemovalReason.Died)], home.Removals);
        Assert.Empty(home.All<Fenced>(B));
        Assert.Empty(home.Home.Memberships());
    }

    [Fact]
    public void Who_leaves_too_much_unread_is_removed_and_holds_nobody_up()
    {
        var size = Emit(Red).Size;
        var home = With(Options with { MailboxLimit = 3 * size }, A, B);
        home.Join(A, 1, Red);
        home.Join(B, 1, Red);
        for (var i = 0; i < 3; i++)
        {
            home.Submit(A, 2 + i, Emit(Red));
            home.Acknowledge(A, home.Home.Number);
        }
        Assert.Equal([A, B], home.Home.Lives);

        home.Submit(A, 5, Emit(Red));

        Assert.Equal((B, RemovalReason.Overflow), Assert.Single(home.Removals));
        Assert.Single(home.All<Fenced>(B));
        home.Acknowledge(A, home.Home.Number);
        Assert.Equal(home.Home.Number, home.Home.Stable);
    }

    [Fact]
    public void The_bound_counts_all_that_was_logged_since_not_only_what_the_mailbox_holds()
    {
        var home = With(Options with { MailboxLimit = 3 * Emit(Red).Size }, A, B);
        home.Join(B, 1, Red);
        home.Submit(A, 1, Emit(Red));

        home.Submit(A, 2, Emit(Blue), Emit(Blue), Emit(Blue));

        Assert.Equal([A], home.Home.Lives);
    }

    [Fact]
    public void Nothing_ends_while_the_home_holds()
    {
        var home = new TestHome(Options with { Lease = 10, Hold = 1_000 });
        home.Register(A, History(A, B));

        home.Pass(900);

        Assert.Empty(home.Removals);
        Assert.False(home.Home.IsOpen);
    }
}
