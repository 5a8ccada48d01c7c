using static OrleansAdapter.Grains.Tests.Homes.TestHome;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, S9: of a request that is repeated, one server is told to act. What a new home knows of it is tested in the simulation.</summary>
public sealed class OnceTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly SecretHash Request = new(5, 6);

    [Fact]
    public void The_first_that_asks_is_to_act_and_the_others_hear_of_it()
    {
        var home = new SessionHome(A, B);

        Assert.Equal(ClaimRefusal.None, home.Once(A, Request));
        Assert.Equal(ClaimRefusal.Repeated, home.Once(B, Request));
        Assert.Equal(ClaimRefusal.Repeated, home.Once(A, Request));
        Assert.Equal(ClaimRefusal.None, home.Once(B, new SecretHash(5, 7)));

        var heard = Assert.Single(home.EntriesOf(B));
        Assert.Equal((OperationKind.Acted, Request), (heard.Operation.Kind, ((SessionOnce)heard.Operation.Word!).Ids[0].Id));
    }

    [Fact]
    public void A_batch_that_comes_again_has_the_same_answer()
    {
        var home = new SessionHome(A, B);
        Assert.Equal(ClaimRefusal.None, home.Once(A, Request));

        home.RepeatLast(A);

        Assert.Equal(ClaimRefusal.None, home.LastAnswer(A).Refusal);
    }

    [Fact]
    public void It_is_remembered_for_the_window_and_the_home_stays_for_it()
    {
        var home = new SessionHome(A, B);
        home.Once(A, Request);
        home.Pass(SessionHome.Settings.KeepSessions - 100, A, B);
        Assert.Equal(ClaimRefusal.Repeated, home.Once(B, Request));
        home.Kill(A);
        home.Kill(B);
        Assert.False(home.Home.IsEmpty);

        home.Pass(200);

        Assert.Equal(0, home.Home.OnceCount);
        Assert.True(home.Home.IsEmpty);
    }

    [Fact]
    public void What_a_server_tells_of_requests_counts_from_when_they_were_acted_on()
    {
        var home = new SessionHome(A, B);
        var window = SessionHome.Settings.KeepSessions;
        home.Word(A, new SessionOnce([new OnceId(Request, window - 1_000), new OnceId(new SecretHash(1, 1), window + 1)]));

        Assert.Equal(ClaimRefusal.None, home.Once(B, new SecretHash(1, 1)));
        Assert.Equal(ClaimRefusal.Repeated, home.Once(B, Request));
        home.Pass(1_100, A, B);
        Assert.Equal(ClaimRefusal.None, home.Once(B, Request));
    }

    /// <summary>Else workers that were replaced one after the other, and a directory that dies then, would have forgotten what was done.</summary>
    [Theory]
    [InlineData(0, nameof(ClaimRefusal.None))]
    [InlineData(100, nameof(ClaimRefusal.HolderUnproved))]
    public void For_as_long_as_requests_count_that_no_server_has_heard_of_nothing_is_granted(long unheard, string answer)
    {
        var home = new SessionHome(A, new History
        {
            Epoch = 1_000,
            Handled = 1,
            Number = 1,
            ListVersion = 1,
            List = [A],
            LastPosition = 0,
            Retained = [],
            Outbox = [],
            Rooms = [],
            Seen = [],
            Unheard = unheard,
        });
        home.Renew(A, endedUpTo: 0, handled: 1); // all is told

        Assert.Equal(answer, home.Once(A, Request).ToString());
    }

    /// <summary>That it was granted to somebody who has gone since may have been lost on its way.</summary>
    [Theory]
    [InlineData(7, nameof(ClaimRefusal.None))]
    [InlineData(8, nameof(ClaimRefusal.HolderUnproved))]
    public void While_nobody_has_handled_all_that_was_before_somebody_went_nothing_is_granted(long removed, string answer)
    {
        var home = new SessionHome(A, TestOperations.History(A) with { Handled = 7, Number = 8, Removed = removed });
        home.Renew(A, endedUpTo: 0, handled: 8); // all is told

        Assert.Equal(answer, home.Once(A, Request).ToString());
        home.Pass(SessionHome.Settings.KeepSessions + 100, A);
        Assert.Equal(nameof(ClaimRefusal.None), home.Once(A, Request with { Low = 9 }).ToString());
    }

    [Fact]
    public void A_server_that_comes_later_is_told_for_how_long_requests_count_that_it_has_not_heard_of()
    {
        var home = new SessionHome(A, B);
        var window = SessionHome.Settings.KeepSessions;
        Assert.Equal(0, home.Register(Life(3)).Unheard);
        home.Once(A, Request);
        home.Pass(1_000, A, B);

        Assert.Equal(window - 1_000, home.Register(Life(4)).Unheard);
        home.Pass(window, A, B);
        Assert.Equal(0, home.Register(Life(5)).Unheard);
    }

    [Fact]
    public void What_is_remembered_is_forgotten_oldest_first_whatever_the_order_it_came_in()
    {
        var table = new OnceTable();
        table.Add(new SecretHash(1, 0), 30);
        table.Add(new SecretHash(2, 0), 10);
        table.Add(new SecretHash(2, 0), 40);
        table.Add(new SecretHash(3, 0), 20);
        table.Add(new SecretHash(3, 0), 5); // the later time counts

        table.Trim(25);

        Assert.Equal([(1, 30), (2, 40)], table.All.Select(each => (each.Id.High, each.Since)).Order());
        table.Trim(41);
        Assert.Equal(0, table.Count);
    }
}
