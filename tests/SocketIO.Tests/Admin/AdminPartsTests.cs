using System.Net;
using System.Text.Json;
using OrleansAdapter.Admin;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>The parts of the admin UI that keep no connection.</summary>
public sealed class AdminPartsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Each_wrong_password_of_an_address_makes_the_next_wait_twice_as_long_up_to_a_minute()
    {
        var attempts = new LoginAttempts(_time);
        var (address, other) = (IPAddress.Parse("203.0.113.7"), IPAddress.Parse("203.0.113.8"));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            Assert.Null(attempts.Begin(address));
            Assert.Equal(TimeSpan.FromSeconds(1), attempts.Begin(address)); // one at a time
            attempts.End(address, isGood: false);
            Assert.Equal(TimeSpan.FromSeconds(seconds), attempts.Begin(address));
            Assert.Null(attempts.Begin(other));
            attempts.End(other, isGood: true);
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }
        Assert.Null(attempts.Begin(address));
        attempts.End(address, isGood: true);
        Assert.Null(attempts.Begin(address));
        attempts.End(address, isGood: false);
        Assert.Equal(TimeSpan.FromSeconds(1), attempts.Begin(address));
    }

    [Fact]
    public void Addresses_of_one_IPv6_network_count_as_one_and_many_addresses_are_not_all_remembered()
    {
        var attempts = new LoginAttempts(_time, limit: 2);
        var (one, neighbour) = (IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2"));
        attempts.Begin(one);
        attempts.End(one, isGood: false);
        Assert.NotNull(attempts.Begin(neighbour));

        foreach (var last in new[] { 1, 2 })
        {
            attempts.Begin(IPAddress.Parse($"203.0.113.{last}"));
        }

        Assert.Null(attempts.Begin(one));
    }

    [Fact]
    public void A_session_ends_in_time_and_with_the_password()
    {
        var sessions = Sessions("hash");
        var session = sessions.New();
        Assert.True(Sessions("hash").IsGood(session));
        Assert.False(Sessions("another").IsGood(session));
        Assert.False(sessions.IsGood(""));
        Assert.False(sessions.IsGood(new string('!', session.Length)));

        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(sessions.IsGood(session));

        AdminSessions Sessions(string hash) => new("admin", hash, TimeSpan.FromHours(1), _time);
    }

    [Fact]
    public void News_that_do_not_fit_leave_a_hole_in_the_numbers()
    {
        var log = new WatchLog();
        for (var i = 0; i < 5_001; i++)
        {
            log.Add("event", 1, writer => writer.WriteNumberValue(1));
        }

        var (first, news) = log.Take();

        Assert.Equal((5_001, 1, 5_001), (first, news.Count, log.Last));
        log.Add("large", 3 << 20, static _ => { });
        log.Add("large", 3 << 20, static _ => { });
        Assert.Equal(5_003, log.Take().First);
        log.Skip();
        log.Add("event", 1, static _ => { });
        Assert.Equal(5_005, log.Take().First);
    }

    [Fact]
    public void News_are_packets_that_are_not_too_large_and_one_that_cannot_be_written_is_left_out_alone()
    {
        var log = new WatchLog();
        var text = new string('x', 100_000);
        for (var i = 0; i < 4; i++)
        {
            log.Add("event", text.Length, writer => writer.WriteStringValue(text));
        }
        log.Add("bad", 1, _ => throw new JsonException());
        var (first, news) = log.Take();

        var packets = WatchLog.Write("server", first, news).Select(packet => JsonSerializer.Deserialize<JsonElement>(packet)).ToArray();

        Assert.Equal([1, 4], packets.Select(packet => packet.GetProperty("first").GetInt64()));
        Assert.Equal("""["left_out","JsonException"]""", packets[1].GetProperty("news")[1].GetRawText());
    }

    [Fact]
    public void News_that_are_missing_or_come_twice_are_noticed()
    {
        var order = new NewsOrder();
        Assert.Equal((0, true), order.Take("a", 5, 2));
        Assert.Equal((0, true), order.Take("a", 7, 1));
        Assert.Equal((0, true), order.Take("b", 1, 1));
        Assert.Equal((2, true), order.Take("a", 6, 3));
        Assert.Equal((0, false), order.Take("a", 10, 1));
        Assert.Equal((1, true), order.Take("a", 10, 1));
    }

    [Fact]
    public void A_namespace_is_where_a_server_said_lately_that_it_is()
    {
        var known = new KnownNamespaces();
        var now = DateTimeOffset.UnixEpoch;
        var news = JsonSerializer.Deserialize<JsonElement>(
            """[["room_joined","/","a","b"],["server_stats",{"namespaces":[{"name":"/x","socketsCount":1}]}]]""");
        known.Take("a", news, now);

        Assert.Equal("a", known.ServerWith("/x", now));
        Assert.Null(known.ServerWith("/y", now));
        Assert.Null(known.ServerWith("/x", now + TimeSpan.FromSeconds(11)));
    }

    [Fact]
    public void What_is_too_large_to_be_shown_is_said_to_be()
    {
        var large = JsonSerializer.SerializeToUtf8Bytes(new[] { new string('x', SocketJson.Limit) });
        Assert.Equal(
            $"[\"said\",\"(left out: {large.Length} bytes, more than 16384)\"]", System.Text.Encoding.UTF8.GetString(SocketJson.Arguments("said", large).Span));
        Assert.Equal("""["said",1,{"_placeholder":true,"num":0}]""", System.Text.Encoding.UTF8.GetString(
            SocketJson.Arguments("said", """[1,{"_placeholder":true,"num":0}]"""u8.ToArray()).Span));
    }
}
