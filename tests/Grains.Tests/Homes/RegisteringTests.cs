using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H2 and H3: which messages a home takes, and who may register while it is open.</summary>
public sealed class RegisteringTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);

    [Fact]
    public void A_message_of_an_earlier_epoch_is_told_the_epoch()
    {
        var home = With(A);

        home.Receive(new Renew { Life = A, Epoch = FirstEpoch - 1, Session = home.SessionOf(A), Handled = 0 });

        Assert.Equal(FirstEpoch, home.Last<WrongEpoch>(A).Epoch);
    }

    [Fact]
    public void A_message_of_a_later_epoch_ends_the_life_where_the_home_is_open()
    {
        var home = With(A);

        home.Receive(new Register { Life = B, Epoch = FirstEpoch + 1 });

        Assert.Single(home.All<Fenced>(B));
        Assert.Equal([A], home.Home.Lives);
    }

    [Fact]
    public void A_home_that_holds_moves_beyond_a_later_epoch_and_forgets_who_registered()
    {
        var home = new TestHome();
        home.Register(A, History(A, B));

        home.Receive(new Register { Life = B, Epoch = FirstEpoch + 50, History = History(A, B) });

        Assert.True(home.Home.Epoch > FirstEpoch + 50);
        Assert.Equal(home.Home.Epoch, home.Last<WrongEpoch>(B).Epoch);
        home.Register(B, History(A, B));
        Assert.False(home.Home.IsOpen);
        home.Register(A, History(A, B));
        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void A_message_of_an_unknown_life_or_another_session_is_answered_by_a_fence()
    {
        var home = With(A);

        home.Receive(new Renew { Life = B, Epoch = FirstEpoch, Session = 1, Handled = 0 });
        home.Receive(new Renew { Life = A, Epoch = FirstEpoch, Session = home.SessionOf(A) + 1, Handled = 0 });

        Assert.Single(home.All<Fenced>(B));
        Assert.Single(home.All<Fenced>(A));
        Assert.Equal([A], home.Home.Lives);
    }

    [Fact]
    public void Who_remembers_a_home_that_ended_when_nobody_was_in_it_is_fenced_and_may_come_as_another()
    {
        var home = new TestHome(voidFrom: FirstEpoch - 10);

        home.Register(A, History(A) with { Epoch = FirstEpoch - 5 });

        Assert.Single(home.All<Fenced>(A));
        Assert.Empty(home.All<Registered>(A));
        home.Register(B, History(B) with { Epoch = FirstEpoch - 50 });
        home.Register(A.NextIncarnation());
        home.Pass(Options.Hold + 100);
        Assert.Equal([A.NextIncarnation(), B], home.Home.Lives.Order());
    }

    [Fact]
    public void A_home_that_holds_answers_nothing_but_registers()
    {
        var home = new TestHome();

        home.Receive(new Renew { Life = A, Epoch = FirstEpoch, Session = 1, Handled = 0 });

        Assert.Empty(home.Sent);
    }

    [Fact]
    public void A_fresh_life_begins_behind_the_last_number_and_all_get_the_new_list()
    {
        var home = With(A);
        home.Submit(A, 1, Emit(Red), Emit(Red));
        home.Sent.Clear();

        home.Register(B);

        Assert.Equal(2, home.Last<Registered>(B).From);
        Assert.Equal([A, B], home.Last<Push>(A).Head!.List!);
        Assert.Equal([A, B], home.Last<Registered>(B).Head!.List!);
        Assert.NotEqual(home.SessionOf(A), home.SessionOf(B));
    }

    [Fact]
    public void A_repeated_register_gets_the_same_answer_and_changes_nothing()
    {
        var home = With(A, B);
        home.Join(A, 1, Red);
        var session = home.SessionOf(A);
        home.Sent.Clear();

        home.Register(A);

        Assert.Equal(session, home.SessionOf(A));
        Assert.Equal(0, home.Last<Registered>(A).LastPosition);
        Assert.Empty(home.All<Push>(B));
        Assert.Contains((Red, A, false), home.Home.Memberships());
    }

    [Fact]
    public void A_life_with_a_history_comes_too_late()
    {
        var home = With(A);

        home.Register(B, History(A, B));

        Assert.Single(home.All<Fenced>(B));
        Assert.DoesNotContain(B, home.Home.Lives);
    }

    [Fact]
    public void A_new_life_replaces_the_one_before_it()
    {
        var home = With(A, B);
        home.Join(A, 1, Red);

        home.Register(A.NextIncarnation(), replaces: A);

        Assert.Equal([A.NextIncarnation(), B], home.Home.Lives);
        Assert.Equal((A, RemovalReason.Replaced), Assert.Single(home.Removals));
        Assert.Empty(home.Home.Memberships());
    }

    [Fact]
    public void What_is_late_from_a_process_that_died_is_refused_as_long_as_that_is_remembered()
    {
        var home = With(A, B);
        home.Home.ReportDeath(A.Process, home.Now);
        home.Register(A);
        Assert.DoesNotContain(A, home.Home.Lives);
        Assert.Single(home.All<Fenced>(A));

        home.Pass(Options.DeathMemory + 100, B);
        home.Register(A);
        Assert.Contains(A, home.Home.Lives);
    }

    [Fact]
    public void The_list_is_left_out_for_who_has_named_its_version()
    {
        var home = With(A);
        home.Renew(A);
        var version = home.Last<Renewed>(A).Head!.ListVersion;
        Assert.NotNull(home.Last<Renewed>(A).Head!.List);

        home.Renew(A, listVersion: version);
        Assert.Null(home.Last<Renewed>(A).Head!.List);

        home.Register(B);
        home.Renew(A, listVersion: version);
        Assert.Equal([new ListChange(B, IsThere: true)], home.Last<Push>(A).Head!.Changes!);
        Assert.Equal([new ListChange(B, IsThere: true)], home.Last<Renewed>(A).Head!.Changes!);
        Assert.Null(home.Last<Renewed>(A).Head!.List);
        home.Renew(A, listVersion: version + 1);
        Assert.Null(home.Last<Renewed>(A).Head!.Changes);
    }
}
