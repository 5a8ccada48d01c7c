using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, S8: of a session that ended while its client was away, one server is told.</summary>
public sealed class EndedSessionTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);

    [Fact]
    public void Who_held_it_last_is_told_until_it_says_that_it_knows()
    {
        var home = new SessionHome(A, B);
        var client = home.Open(B, Red);
        home.Word(B, new SessionData(client.Socket, 0, new byte[] { 1, 2 }));
        home.Away(client, 0);
        home.Pass(6_000, A, B);

        Assert.Empty(home.Renew(A, 0).Ended);
        var told = Assert.Single(home.Renew(B, 0).Ended);
        Assert.Equal((client.Socket, SessionEnd.Expired), (told.Socket, told.Reason));
        Assert.Equal([1, 2], told.Data.ToArray());
        Assert.Single(home.Renew(B, 0).Ended);
        Assert.Empty(home.Renew(B, 1).Ended);
        Assert.Equal(0, home.Home.EndedWaiting);
    }

    [Fact]
    public void Where_that_server_has_gone_another_one_that_has_sessions_is_told()
    {
        var home = new SessionHome(A, B);
        var (first, second) = (home.Open(A, Red), home.Open(A, Blue));
        home.Away(first, 0);
        home.Do(Operation.DisconnectSockets(BroadcastTarget.Of(Red), new byte[1]));
        home.Kill(A); // it was to be told of the first
        home.Pass(6_000, B);

        var told = home.Renew(B, 0);
        Assert.Equal([(first.Socket, SessionEnd.Disconnected), (second.Socket, SessionEnd.Expired)], told.Ended.Select(ended => (ended.Socket, ended.Reason)));
        Assert.Equal(2, told.EndedUpTo);
        Assert.Equal([second.Socket], home.Renew(B, 1).Ended.Select(ended => ended.Socket));
    }

    [Fact]
    public void Nobody_is_told_of_who_left_or_was_there()
    {
        var home = new SessionHome(A, B);
        var (left, claimed) = (home.Open(A, Red), home.Open(A, Blue));
        home.Word(A, new SessionEnded(left.Socket, 0));
        for (var i = 0; i < 11; i++)
        {
            home.Claim(B, claimed, default);
        }

        Assert.Equal(SessionEnd.TooManyClaims, home.Ends[^1]);
        Assert.Equal(0, home.Home.EndedWaiting);
    }

    [Fact]
    public void Many_are_told_of_in_parts_and_what_waits_is_bounded()
    {
        var news = new EndedNews();
        for (var i = 0; i < EndedNews.Most + 5; i++)
        {
            news.Add(new EndedSession(SocketId.FromParts(A, (ulong)i), "", default, SessionEnd.Expired));
        }

        Assert.Equal(EndedNews.Most, news.Waiting.Count);
        var (sessions, upTo) = news.Next();
        Assert.Equal((1_000, 1_005, SocketId.FromParts(A, 5)), (sessions.Count, upTo, sessions[0].Socket));
        news.Acknowledge(upTo);
        Assert.Equal(SocketId.FromParts(A, 1_005), news.Next().Sessions[0].Socket);
        news.Acknowledge(long.MaxValue);
        Assert.Equal((0, EndedNews.Most + 5), (news.Next().Sessions.Count, news.Next().UpTo));
    }

    [Fact]
    public void A_message_holds_no_more_data_than_it_may_and_always_some()
    {
        var news = new EndedNews();
        for (var i = 0; i < 3; i++)
        {
            news.Add(new EndedSession(SocketId.FromParts(A, (ulong)i), "", new byte[200 << 10], SessionEnd.Expired));
        }

        Assert.Equal(1, news.Next().UpTo);
    }
}
