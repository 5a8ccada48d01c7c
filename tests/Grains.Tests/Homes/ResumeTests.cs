using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>Clients that come back without what they missed (PROTOCOL.md, S4): those of hubs.</summary>
public sealed class ResumeTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly SecretHash Next = new(100, 7);
    private static readonly RecoverySettings WithoutPackets = SessionHome.Settings with { MaximumMissed = 0, KeepsPackets = false };

    [Fact]
    public void It_has_its_rooms_and_data_whatever_it_missed_and_however_much()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var client = home.Open(A, Red);
        home.Word(A, new SessionData(client.Socket, 0, new byte[] { 1, 2 }));
        home.Say(Red);
        home.Kill(A);
        home.Do(Operation.SocketsJoin(BroadcastTarget.Of(Red), [Blue]));
        home.Do(Operation.SocketsLeave(BroadcastTarget.Of(Blue), [Red]));
        home.Say(Blue);

        var answer = home.Resume(B, client, Next);

        Assert.Equal(ClaimRefusal.None, answer.Refusal);
        Assert.Empty(answer.Missed);
        Assert.Equal([Room.Everyone, Blue], answer.Session!.Rooms);
        Assert.Equal([1, 2], answer.Session.Data.ToArray());
        Assert.Equal(home.Say(Blue), home.Pushed(B)[^1]);
    }

    [Fact]
    public void A_secret_is_used_up_and_the_next_one_takes_its_place()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var client = home.Open(A, Red);
        home.Away(client, 0);
        Assert.Equal(ClaimRefusal.None, home.Resume(B, client, Next).Refusal);

        Assert.Equal(ClaimRefusal.Unknown, home.Resume(A, client, new SecretHash(101, 7)).Refusal);
        Assert.Equal(ClaimRefusal.None, home.Resume(A, client with { Secret = Next }, new SecretHash(102, 7)).Refusal);
        Assert.Equal(ClaimRefusal.Unknown, home.Resume(A, client with { Secret = Next }, new SecretHash(103, 7)).Refusal);
        Assert.Equal(1, home.Home.SessionCount);
    }

    [Fact]
    public void A_claim_that_is_refused_uses_nothing_up()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var client = home.Open(A, Red);
        home.Away(client, 0);

        Assert.Equal(ClaimRefusal.OtherUser, home.Resume(B, client, Next, user: "somebody else").Refusal);

        Assert.Equal(ClaimRefusal.None, home.Resume(B, client, Next).Refusal);
    }

    [Fact]
    public void A_secret_that_another_session_has_already_is_not_taken_over()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var (client, other) = (home.Open(A, Red), home.Open(A, Blue));

        Assert.Equal(ClaimRefusal.None, home.Resume(B, client, other.Secret).Refusal);

        Assert.Equal(other.Socket, home.Resume(B, other, Next).Session!.Socket);
        Assert.Equal(client.Socket, home.Resume(B, client, new SecretHash(101, 7)).Session!.Socket);
    }

    [Fact]
    public void What_made_it_leave_meanwhile_holds_for_one_that_is_still_connected_elsewhere_as_well()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var client = home.Open(A, Red);
        home.Do(Operation.SocketsLeave(BroadcastTarget.Of(Red), [Red])); // of which A has not told what it made of it

        Assert.Equal([Room.Everyone], home.Resume(B, client, Next).Session!.Rooms);
    }

    [Fact]
    public void Where_no_packets_are_kept_none_take_memory_and_who_asks_for_some_is_refused()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        var client = home.Open(A, Red);
        var before = home.Say(Red);
        home.Away(client, before);
        home.Say(Red);

        Assert.Equal(0, home.Home.RecoveryFigures.WindowBytes);
        Assert.Equal(ClaimRefusal.WindowPassed, home.Claim(B, client, home.Offset(before)).Refusal);
    }

    [Fact]
    public void From_when_somebody_asks_for_packets_they_are_kept()
    {
        var home = new SessionHome(WithoutPackets, A, B);
        home.Say(Red);
        home.Register(B); // with settings that keep them
        var client = home.Open(A, Red);
        home.Away(client, 0);
        var missed = home.Say(Red);

        Assert.Equal([missed], home.Claim(B, client, default).Missed.Select(entry => entry.Number));
    }
}
