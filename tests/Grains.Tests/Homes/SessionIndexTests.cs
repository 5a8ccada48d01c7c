namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>Sessions are found by their sockets and secrets, whatever came and went before.</summary>
public sealed class SessionIndexTests
{
    private static readonly ServerId Life = TestHome.Life(1);

    [Fact]
    public void Whatever_comes_and_goes_it_finds_what_a_dictionary_would()
    {
        var random = new Random(16);
        var index = new SessionIndex();
        var known = new Dictionary<SocketId, Session>();
        for (var step = 0; step < 20_000; step++)
        {
            // Few different keys, many with the same place: they displace each other.
            var key = (ulong)random.Next(300) << random.Next(2) * 32;
            var session = Make(key);
            if (random.Next(2) == 0)
            {
                Assert.Equal(known.TryAdd(session.Socket, session), index.Add(session));
            }
            else if (known.Remove(session.Socket, out var gone))
            {
                index.Remove(gone);
            }
            Assert.Equal(known.GetValueOrDefault(session.Socket), index.Find(session.Socket));
            Assert.Equal(known.GetValueOrDefault(session.Socket), index.Find(session.Secret));
        }
        Assert.Equal(known.Count, index.Count);
        Assert.Equal(known.Values.ToHashSet(), [.. index.All]);
        Assert.All(known.Values, session => Assert.Equal((session, session), (index.Find(session.Socket), index.Find(session.Secret))));
    }

    [Fact]
    public void A_secret_that_another_session_has_is_refused()
    {
        var index = new SessionIndex();
        Assert.True(index.Add(Make(1)));
        Assert.False(index.Add(new Session(SocketId.FromParts(Life, 2), Make(1).Secret, "") { First = 0, IsReopened = false }));
        Assert.Equal(1, index.Count);
        Assert.Null(index.Find(SocketId.FromParts(Life, 2)));
    }

    private static Session Make(ulong key) =>
        new(SocketId.FromParts(Life, key), new SecretHash(7, (long)key * 16), "") { First = 0, IsReopened = false };
}
