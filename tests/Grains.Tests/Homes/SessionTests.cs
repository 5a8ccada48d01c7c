using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>RECOVERY.md: what a client that comes back gets from the home, and when it is refused.</summary>
public sealed class SessionTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);

    [Fact]
    public void A_client_that_was_away_gets_what_was_for_it_and_nothing_else()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        var before = home.Say(Red);
        home.Away(client, before);
        var (red, _, mine, all) = (home.Say(Red), home.Say(Blue), home.Say(client.Socket), home.Say(Room.Everyone));

        var answer = home.Claim(B, client, home.Offset(before));

        Assert.Equal(ClaimRefusal.None, answer.Refusal);
        Assert.Equal([red, mine, all], Numbers(answer));
        Assert.Equal(client.Socket, answer.Session!.Socket);
        Assert.Equal([Room.Everyone, Red], answer.Session.Rooms);
    }

    [Fact]
    public void The_new_holder_gets_what_comes_after_the_claim_and_the_old_one_is_told()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);

        var claimed = home.ClaimNumber(B, client, default);
        var after = home.Say(Red);

        Assert.Equal([claimed, after], home.Pushed(B));
        Assert.Contains(claimed, home.Pushed(A));
        Assert.Equal(OperationKind.Moved, home.EntriesOf(A).Single(entry => entry.Number == claimed).Operation.Kind);
    }

    [Fact]
    public void What_is_sent_to_the_id_of_a_socket_that_moved_finds_it()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.ClaimNumber(B, client, default);

        var direct = home.Say(client.Socket);
        var byName = home.Say(Room.Named(client.Socket.ToString()));

        Assert.Equal([direct, byName], home.Pushed(B)[^2..]);
    }

    [Fact]
    public void A_client_that_got_nothing_yet_comes_back_without_an_offset()
    {
        var home = new SessionHome(A, B);
        home.Say(Room.Everyone);
        var client = home.Open(A, Red);
        var missed = home.Say(Red);
        home.Kill(A);

        Assert.Equal([missed], Numbers(home.Claim(B, client, default)));
    }

    [Fact]
    public void After_the_death_of_its_server_a_client_has_its_rooms_and_data()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Word(A, new SessionJoined(client.Socket, 0, Blue), own: Blue);
        home.Word(A, new SessionLeft(client.Socket, 0, Red));
        home.Word(A, new SessionData(client.Socket, 0, new byte[] { 1, 2 }));
        home.Kill(A);
        var blue = home.Say(Blue);
        home.Say(Red);

        var answer = home.Claim(B, client, home.Offset(home.Home.Number - 2));

        Assert.Equal([blue], Numbers(answer));
        Assert.Equal([Room.Everyone, Blue], answer.Session!.Rooms);
        Assert.Equal([1, 2], answer.Session.Data.ToArray());
    }

    [Fact]
    public void An_offset_may_be_old_if_nothing_was_for_the_client_since_then()
    {
        var home = new SessionHome(Settings with { KeepEntries = 1_000 }, A, B);
        var client = home.Open(A, Red);
        var last = home.Say(Red);
        home.Say(Blue);
        home.Pass(2_000, A, B);
        home.Kill(A);

        Assert.Equal(ClaimRefusal.None, home.Claim(B, client, home.Offset(last)).Refusal);
    }

    [Fact]
    public void Where_something_was_for_the_client_that_is_not_kept_any_more_it_is_refused_and_the_session_ends()
    {
        var home = new SessionHome(Settings with { KeepEntries = 1_000 }, A, B);
        var client = home.Open(A, Red);
        var last = home.Say(Red);
        home.Say(Red);
        home.Pass(2_000, A, B);
        home.Kill(A);

        Assert.Equal(ClaimRefusal.WindowPassed, home.Claim(B, client, home.Offset(last)).Refusal);
        Assert.Equal(ClaimRefusal.Unknown, home.Claim(B, client, home.Offset(last)).Refusal);
        Assert.Equal([SessionEnd.WindowPassed], home.Ends);
    }

    [Fact]
    public void An_idle_client_whose_server_told_what_it_sent_last_comes_back_however_old_its_offset()
    {
        var home = new SessionHome(Settings with { KeepEntries = 1_000 }, A, B);
        var client = home.Open(A, Red);
        var last = home.Say(Red);
        home.Emit(new BroadcastTarget([Red], [], null, [client.Socket]));   // hidden from it
        home.Away(client, last);
        home.Pass(2_000, A, B);

        Assert.Equal(ClaimRefusal.None, home.Claim(B, client, home.Offset(last)).Refusal);
    }

    [Fact]
    public void Where_its_server_cannot_tell_what_it_sent_a_client_that_got_nothing_is_given_everything()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        var missed = home.Say(Red);
        home.Word(A, new SessionAway(client.Socket, 0, OrderOffset.Unknown));

        Assert.Equal([missed], Numbers(home.Claim(B, client, default)));
    }

    [Fact]
    public void The_window_is_bounded_in_bytes()
    {
        var home = new SessionHome(Settings with { WindowBytes = 1_000 }, A, B);
        var client = home.Open(A, Red);
        var first = home.Say(Red);
        for (var i = 0; i < 20; i++)
        {
            home.Say(Red);
        }

        Assert.InRange(home.Home.Sessions!.Entries.Bytes, 1, 1_000);
        Assert.Equal(ClaimRefusal.WindowPassed, home.Claim(B, client, home.Offset(first)).Refusal);
    }

    [Fact]
    public void A_client_that_missed_too_much_is_refused()
    {
        var home = new SessionHome(Settings with { MaximumMissed = 2 }, A, B);
        var client = home.Open(A, Red);
        var first = home.Say(Red);
        home.Say(Red);
        home.Say(Red);
        home.Say(Room.Everyone);

        Assert.Equal(ClaimRefusal.TooMuchMissed, home.Claim(B, client, home.Offset(first)).Refusal);
    }

    [Fact]
    public void Volatile_packets_and_requests_are_not_given_again()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Emit(new BroadcastTarget([Red], [], null, null, BroadcastFlags.Volatile));
        home.Do(Ask(Red));

        Assert.Empty(home.Claim(B, client, default).Missed);
    }

    [Fact]
    public void Excepted_packets_are_not_given()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red, Blue);
        home.Emit(new BroadcastTarget([Red], [], [Blue]));
        home.Emit(new BroadcastTarget([Red], [], null, [client.Socket]));
        home.Emit(new BroadcastTarget([Red], [], [Room.Named(client.Socket.ToString())]));
        var other = home.Emit(new BroadcastTarget([Red], [], [Room.Named("other")]));

        Assert.Equal([other], Numbers(home.Claim(B, client, default)));
    }

    [Fact]
    public void What_steers_sockets_finds_a_client_that_is_away()
    {
        var home = new SessionHome(A, B);
        var (stays, goes) = (home.Open(A, Red), home.Open(A, Blue));
        home.Away(stays, 0);
        home.Away(goes, 0);
        home.Do(Operation.SocketsJoin(BroadcastTarget.Of(Red), [Room.Named("green")]));
        var green = home.Say(Room.Named("green"));
        home.Do(Operation.SocketsLeave(BroadcastTarget.Of(Red), [Red]));
        home.Say(Red);
        home.Do(Operation.DisconnectSockets(BroadcastTarget.Of(Blue), new byte[1]));

        var answer = home.Claim(B, stays, default);

        Assert.Equal([green], Numbers(answer));
        Assert.Equal([Room.Everyone, Room.Named("green")], answer.Session!.Rooms);
        Assert.Equal(ClaimRefusal.Unknown, home.Claim(B, goes, default).Refusal);
        Assert.Equal([SessionEnd.Disconnected], home.Ends);
    }

    [Fact]
    public void A_remote_join_that_a_dead_server_had_not_answered_holds()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Do(Operation.SocketsJoin(BroadcastTarget.Of(Red), [Blue]));
        home.Kill(A);
        var blue = home.Say(Blue);

        Assert.Equal([blue], Numbers(home.Claim(B, client, default)));
    }

    [Fact]
    public void A_remote_join_that_crossed_a_leave_does_not_hold()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        var leaveIsAsOf = home.Home.Number;
        home.Do(Operation.SocketsJoin(BroadcastTarget.Of(Red), [Blue]));
        home.Word(A, new SessionLeft(client.Socket, 0, Red), asOf: leaveIsAsOf);
        home.Kill(A);

        Assert.Equal([Room.Everyone], home.Claim(B, client, default).Session!.Rooms);
    }

    [Fact]
    public void The_last_claim_holds_and_words_of_earlier_ones_are_void()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        var first = home.ClaimNumber(B, client, default);
        var second = home.ClaimNumber(A, client, default);

        home.Word(B, new SessionEnded(client.Socket, first));
        home.Word(A, new SessionLeft(client.Socket, 0, Red));
        Assert.Equal([Room.Everyone, Red], home.Home.Sessions!.Find(client.Socket)!.Rooms);

        home.Word(A, new SessionLeft(client.Socket, second, Red));
        Assert.Equal([Room.Everyone], home.Home.Sessions.Find(client.Socket)!.Rooms);
    }

    [Fact]
    public void A_session_that_is_claimed_too_often_ends()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(ClaimRefusal.None, home.Claim(B, client, default).Refusal);
        }

        Assert.Equal(ClaimRefusal.TooManyClaims, home.Claim(B, client, default).Refusal);
        Assert.Equal(0, home.Home.SessionCount);
        Assert.True(((SessionMoved)home.EntriesOf(B).Last().Operation.Word!).IsOver); // B still had its socket
    }

    [Fact]
    public void Whoever_is_refused_what_is_not_kept_any_more_leaves_the_session_to_its_holder()
    {
        var home = new SessionHome(Settings with { MaximumMissed = 1 }, A, B);
        var client = home.Open(A, Red);
        var first = home.Say(Red);
        home.Say(Red);
        home.Do(RemoteJoin(Red, Blue));
        home.Say(Blue);

        Assert.Equal(ClaimRefusal.TooMuchMissed, home.Claim(B, client, home.Offset(first)).Refusal);

        Assert.Equal((A, 1), (home.Home.Sessions!.Find(client.Socket)!.Holder, home.Home.SessionCount));
        Assert.Equal([Room.Everyone, Red], home.Home.Sessions.Find(client.Socket)!.Rooms);
        var direct = home.Say(client.Socket);
        Assert.Equal(direct, home.Pushed(A)[^1]);
    }

    [Fact]
    public void Whoever_only_looks_changes_nothing()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        var before = home.Pushed(B).Length;

        var answer = home.Claim(B, client, default, looksOnly: true);

        Assert.Equal((ClaimRefusal.None, client.Socket), (answer.Refusal, answer.Session!.Socket));
        Assert.Equal(A, home.Home.Sessions!.Find(client.Socket)!.Holder);
        Assert.Equal(before, home.Pushed(B).Length);
    }

    [Fact]
    public void A_session_expires_when_its_client_stays_away_and_not_before()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Pass(3 * Settings.KeepSessions, A, B);
        home.Away(client, 0);
        home.Pass(Settings.KeepSessions, A, B);
        Assert.Equal(1, home.Home.SessionCount);

        home.Pass(200, A, B);

        Assert.Equal(0, home.Home.SessionCount);
        Assert.Equal([SessionEnd.Expired], home.Ends);
    }

    [Fact]
    public void Offsets_that_cannot_be_are_refused_and_leave_the_session_as_it_is()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Say(Red);

        foreach (
            var offset in new OrderOffset[] { new(home.Home.Epoch, home.Home.Number + 10), new(home.Home.Epoch + 1, 1), new(home.Home.Epoch, long.MaxValue) })
        {
            Assert.Equal(ClaimRefusal.BadOffset, home.Claim(B, client, offset).Refusal);
        }
        Assert.Equal(ClaimRefusal.None, home.Claim(B, client, default).Refusal);
    }

    /// <summary>An official client that was refused begins anew, and names the last place that it was told of until it is told of another one.</summary>
    [Fact]
    public void A_place_of_an_epoch_before_the_session_began_says_that_nothing_was_received_since()
    {
        var home = new SessionHome(A, B);
        home.Say(Room.Everyone);
        var client = home.Open(A, Red);
        var missed = home.Say(Red);

        var answer = home.Claim(B, client, new OrderOffset(1, long.MaxValue));

        Assert.Equal(ClaimRefusal.None, answer.Refusal);
        Assert.Equal([missed], answer.Missed.Select(entry => entry.Number));
    }

    [Fact]
    public void A_wrong_secret_and_another_user_are_refused()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);

        Assert.Equal(ClaimRefusal.Unknown, home.Claim(B, client with { Secret = new SecretHash(9, 9) }, default).Refusal);
        Assert.Equal(ClaimRefusal.OtherUser, home.Claim(B, client, default, user: "mallory").Refusal);
    }

    [Fact]
    public void A_repeated_batch_gets_the_same_answer_to_its_claim()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(A, Red);
        home.Say(Red);
        var answer = home.Claim(B, client, default);

        home.RepeatLast(B);

        Assert.Same(answer, home.LastAnswer(B));
        Assert.Single(home.Home.Sessions!.Find(client.Socket)!.Trail.Claims!);
    }

    [Fact]
    public void A_home_with_a_session_is_not_empty_when_its_last_server_has_gone()
    {
        var home = new SessionHome(A);
        var client = home.Open(A, Red);
        home.Kill(A);
        Assert.False(home.Home.IsEmpty);

        home.Pass(Settings.KeepSessions + 200);

        Assert.True(home.Home.IsEmpty);
        Assert.Null(home.Home.Sessions!.Find(client.Socket));
    }

    [Fact]
    public void What_happens_while_nobody_is_away_is_forgotten_in_time()
    {
        var home = new SessionHome(A);
        home.Open(A, Red);
        home.Say(Red);
        home.Do(RemoteJoin(Red, Blue));

        home.Pass(Settings.KeepEntries + 200, A);

        Assert.Equal((0, 0L), (home.Home.Sessions!.Entries.Count, home.Home.Sessions.Entries.Bytes));
    }

    [Fact]
    public void Without_a_server_that_asks_for_it_nothing_is_kept()
    {
        var home = With(A);

        home.Submit(A, 1, Emit(Red), Operation.Session(new SessionEnded(SocketId.FromParts(A, 1), 0), 0));

        Assert.False(home.Last<Accepted>(A).Claims.Count > 0);
    }

    private static RecoverySettings Settings => SessionHome.Settings;

    private static long[] Numbers(ClaimAnswer answer) => [.. answer.Missed.Select(entry => entry.Number)];
}
