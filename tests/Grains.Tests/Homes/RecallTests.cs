using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, S10 and S12: what a home says to clients that come back from an epoch before its own.</summary>
public sealed class RecallTests
{
    private const long Before = 500;
    private const long Merged = 20;

    private static readonly ServerId A = Life(1);
    private static readonly SocketId Socket = SocketId.FromParts(A, 7);
    private static readonly TestSession Client = new(Socket, new SecretHash(1, 7), A);

    private readonly SessionHome _home = new(A, TestOperations.History(A) with { Handled = Merged, Number = Merged, Rooms = [Room.Everyone] });

    [Fact]
    public void The_holder_is_asked_for_what_is_older_than_the_home_and_the_client_has_it_with_what_came_since()
    {
        Open(lastSent: 15);
        var since = _home.Say(Room.Everyone);

        Assert.Equal(ClaimRefusal.NotYet, Claim(12).Refusal);
        var asked = _home.Recalls(A).Single();
        Assert.Equal((Socket, 0, 12, Merged), (asked.Socket, asked.Claim, asked.After, asked.UpTo));
        Tell(after: 12, Packet(14), Packet(15));
        var answer = Claim(12);

        Assert.Equal(ClaimRefusal.None, answer.Refusal);
        Assert.Equal([14, 15, since], answer.Missed.Select(entry => entry.Number));
    }

    [Fact]
    public void It_is_asked_again_after_a_while_only_and_a_client_that_has_more_than_it_told_needs_no_other_answer()
    {
        Open(lastSent: 15);
        Claim(12);
        Claim(12);
        Assert.Single(_home.Recalls(A));
        _home.Pass(600, A);
        Claim(12);
        Assert.Equal(2, _home.Recalls(A).Count);

        Tell(after: 12, Packet(14), Packet(15));

        Assert.Equal([15], Claim(14).Missed.Select(entry => entry.Number));
    }

    [Fact]
    public void Who_has_the_last_thing_that_was_sent_is_not_asked_about()
    {
        Open(lastSent: 15);

        Assert.Equal(ClaimRefusal.None, Claim(15).Refusal);
        Assert.Empty(_home.Recalls(A));
    }

    [Fact]
    public void Who_was_away_when_the_home_before_died_comes_back_without_a_question_where_nothing_was_for_it()
    {
        Open(lastSent: 15, new SessionAbsence(1_000, Merged));

        Assert.Equal(ClaimRefusal.None, Claim(15).Refusal);
        Assert.Empty(_home.Recalls(A));
    }

    [Fact]
    public void And_with_one_where_something_was()
    {
        Open(lastSent: 15, new SessionAbsence(1_000, 16));

        Assert.Equal(ClaimRefusal.NotYet, Claim(15).Refusal);
        Assert.Equal(16, _home.Recalls(A).Single().After);
        Tell(after: 16, Packet(17));

        Assert.Equal([17], Claim(15).Missed.Select(entry => entry.Number));
    }

    [Fact]
    public void Who_is_away_is_told_of_to_the_holder_when_its_time_is_over_and_the_time_before_counts()
    {
        Open(lastSent: 15, new SessionAbsence(SessionHome.Settings.KeepSessions - 500, Merged));
        _home.Pass(400, A);
        Assert.Empty(_home.Ends);

        _home.Pass(300, A);

        Assert.Equal([SessionEnd.Expired], _home.Ends);
        Assert.Equal(Socket, _home.Renew(A, endedUpTo: 0).Ended.Single().Socket);
    }

    [Fact]
    public void Where_the_holder_cannot_tell_the_client_is_refused_and_one_that_was_away_has_no_session_any_more()
    {
        Open(lastSent: 15, new SessionAbsence(1_000, 16));
        Claim(12);
        _home.Word(A, new SessionEarlier(Socket, 0, 12, ClaimRefusal.WindowPassed, []), asOf: Merged);

        Assert.Equal(ClaimRefusal.WindowPassed, Claim(12).Refusal);
        Assert.Equal([SessionEnd.WindowPassed], _home.Ends);
        Assert.Equal(ClaimRefusal.Unknown, Claim(12).Refusal);
    }

    [Fact]
    public void Where_the_holder_has_died_as_well_the_client_is_refused()
    {
        Open(lastSent: 15);
        _home.Register(Life(2));
        _home.Kill(A);

        Assert.Equal(ClaimRefusal.WindowPassed, _home.Claim(Life(2), Client, new OrderOffset(Before, 12)).Refusal);
    }

    /// <summary>The home before alone knew them: nobody is waited for, and the client is told at once.</summary>
    [Fact]
    public void Of_clients_whose_server_died_before_the_home_did_nobody_knows()
    {
        var died = Life(2);
        var client = new TestSession(SocketId.FromParts(died, 7), new SecretHash(2, 7), died);
        Assert.Equal(ClaimRefusal.NotYet, _home.Claim(A, client, new OrderOffset(Before, 12)).Refusal);

        Open(lastSent: 15);

        Assert.Equal(ClaimRefusal.Unknown, _home.Claim(A, client, new OrderOffset(Before, 12)).Refusal);
        Assert.Equal(ClaimRefusal.None, Claim(15).Refusal);
    }

    /// <summary>No server that came back knew of these numbers: they have been given again.</summary>
    [Fact]
    public void A_place_behind_the_last_one_that_anybody_knew_of_is_none_and_so_is_one_of_an_epoch_that_nobody_knows()
    {
        Open(lastSent: 15);

        Assert.Equal(ClaimRefusal.BadOffset, Claim(Merged + 1).Refusal);
        Assert.Equal(ClaimRefusal.BadOffset, _home.Claim(A, Client, new OrderOffset(Before - 1, 3)).Refusal);
        Assert.Equal(ClaimRefusal.NotYet, Claim(3).Refusal);
    }

    /// <summary>It may have been told of as of the home before, and have received something there; the next one cannot tell.</summary>
    [Theory]
    [InlineData(Merged, nameof(ClaimRefusal.BadOffset))]
    [InlineData(Merged + 1, nameof(ClaimRefusal.None))]
    public void What_a_client_names_of_an_epoch_before_counts_unless_its_session_began_behind_that(long asOf, string outcome)
    {
        _home.Word(A, Opened(0) with { LastSent = default, IsAgain = false }, asOf);
        _home.Renew(A, endedUpTo: 0, handled: Merged);

        Assert.Equal(outcome, Claim(Merged + 5).Refusal.ToString());
        Assert.Equal(outcome, _home.Claim(A, Client, new OrderOffset(Before - 1, 3)).Refusal.ToString());
    }

    [Fact]
    public void The_next_home_is_told_of_the_epochs_before()
    {
        Assert.Equal([new PastEpoch(Before, Merged)], _home.Register(A).Past);
    }

    [Fact]
    public void What_a_life_may_have_lost_to_one_that_did_not_come_back_is_never_granted()
    {
        var home = new SessionHome(A, TestOperations.History(A) with { Handled = Merged, Number = Merged, Removed = Merged + 1 });
        Assert.Equal(Merged, home.Register(A).UnprovedUpTo);
        home.Word(A, Opened(15) with { IsUnproved = true }, asOf: Merged);
        home.Renew(A, endedUpTo: 0, handled: Merged);

        Assert.Equal(ClaimRefusal.HolderUnproved, home.Claim(A, Client, new OrderOffset(Before, 15)).Refusal);
        Assert.Equal(0, _home.Register(A).UnprovedUpTo);
    }

    /// <summary>Else a life that never heard of this home would be believed by the next one: those who came to this one know of nobody that has gone.</summary>
    [Theory]
    [InlineData(true, Merged - 5)]
    [InlineData(false, Merged)]
    public void Who_comes_later_is_told_when_the_last_one_had_gone_of_those_before_this_home(bool isComplete, long removed)
    {
        ServerId[] list = isComplete ? [A] : [A, Life(2)];
        var history = TestOperations.History(list) with { Handled = Merged, Number = Merged, Removed = Merged - 5 };
        var home = new SessionHome(A, history, isComplete ? [] : [Life(2)]);

        Assert.Equal(removed, home.Register(Life(3)).Removed);
    }

    [Fact]
    public void Who_is_away_and_held_is_left_to_its_holder_by_what_steers_sockets_until_that_has_gone()
    {
        var (home, b) = (new SessionHome(A, Life(2)), Life(2));
        var client = home.Open(A, Red);
        home.Word(A, new SessionAway(client.Socket, 0, default) { IsKept = true });
        var joined = home.Do(Operation.SocketsJoin(BroadcastTarget.Socket(client.Socket), [Blue]));
        Assert.Contains(joined, home.Pushed(A));
        Assert.Equal([Room.Everyone, Red], home.Home.Sessions!.Find(client.Socket)!.Rooms);

        home.Kill(A);

        var blue = home.Say(Blue);
        var answer = home.Claim(b, client, default);
        Assert.Equal([Room.Everyone, Red, Blue], answer.Session!.Rooms);
        Assert.Equal([blue], answer.Missed.Select(entry => entry.Number));
    }

    /// <summary>Its server would be believed that the client is away, while it is about to hear that it has it.</summary>
    [Fact]
    public void What_is_told_of_a_session_by_an_earlier_claim_than_the_merge_knows_of_is_void()
    {
        var moved = Operation.Moved(BroadcastTarget.Socket(SocketId.FromParts(A, 0)), new SessionMoved(Socket, [Room.Everyone], default));
        var home = new SessionHome(A, TestOperations.History(A) with
        {
            Handled = Merged - 1,
            Number = Merged,
            Retained = [new Entry(Merged, A, 5, 5, moved)],
        });

        home.Word(A, Opened(15), asOf: Merged - 1);
        Assert.Equal(0, home.Home.SessionCount);

        home.Word(A, Opened(15) with { Claim = Merged }, asOf: Merged);
        Assert.Equal(1, home.Home.SessionCount);
    }

    private static Entry Packet(long number) => new(number, Life(3), number, number, TestOperations.Emit(Room.Everyone));

    private static SessionOpened Opened(long lastSent) =>
        new(Socket, 0, Client.Secret, "", new OrderOffset(Before, lastSent), [Room.Everyone], default, IsAgain: true);

    private void Open(long lastSent, SessionAbsence? absence = null)
    {
        _home.Word(A, Opened(lastSent) with { Absence = absence }, asOf: Merged);
        _home.Renew(A, endedUpTo: 0, handled: Merged);
    }

    private ClaimAnswer Claim(long number) => _home.Claim(A, Client, new OrderOffset(Before, number));

    private void Tell(long after, params Entry[] entries) =>
        _home.Word(A, new SessionEarlier(Socket, 0, after, ClaimRefusal.None, entries), asOf: Merged);
}
