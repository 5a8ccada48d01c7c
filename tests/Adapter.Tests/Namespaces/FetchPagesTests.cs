using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Tests.Namespaces;

/// <summary>What it takes to show all sockets of a server, page by page.</summary>
public sealed class FetchPagesTests
{
    private static readonly ServerId Server = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);

    private readonly FetchPages _pages = new();

    /// <summary>Each page was asked for with the ids of all that were left: the square of their number.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(7_000)]
    public void All_pages_together_look_at_each_socket_a_few_times(int pageSize)
    {
        const int Count = 20_000;
        var sockets = Ids(Server, Count);
        HashSet<SocketId> seen = [.. sockets[..pageSize]];
        _pages.Add(Server, pageSize, sockets[pageSize..]);
        long looked = 0;

        while (_pages.Next() is { Length: > 0 } next)
        {
            looked += next.Length;
            var shown = Math.Min(pageSize, next.Length);
            seen.UnionWith(next[..shown]);
            _pages.Add(Server, shown, next[shown..]);
        }

        Assert.Equal(Count, seen.Count);
        Assert.InRange(looked, Count - pageSize, (pageSize == 1 ? 16 : 2) * Count);
    }

    [Fact]
    public void A_question_is_bounded_however_many_servers_have_more()
    {
        for (var server = 1ul; server <= 1_000; server++)
        {
            var id = ServerId.FromBits((server << 12) | 1);
            _pages.Add(id, 100, Ids(id, 200));
        }
        var asked = 0;

        while (_pages.Next() is { Length: > 0 } next)
        {
            Assert.InRange(next.Length, 1, 16_384);
            asked += next.Length;
        }

        Assert.Equal(1_000 * 200, asked);
    }

    [Fact]
    public void A_server_that_failed_is_asked_no_further()
    {
        _pages.Add(Server, 1, Ids(Server, 100));
        _pages.Add(Other, 1, Ids(Other, 5));

        _pages.Remove(Server);

        Assert.Equal(Ids(Other, 5), _pages.Next());
        Assert.Empty(_pages.Next());
    }

    [Fact]
    public void A_server_whose_sockets_are_elsewhere_by_now_is_asked_for_the_others()
    {
        _pages.Add(Server, 10, Ids(Server, 50));

        Assert.Equal([20, 20, 10, 0], Enumerable.Range(0, 4).Select(_ => _pages.Next().Length));
    }

    [Fact]
    public void The_turn_notes_the_rooms_of_those_that_fit_into_the_page_and_of_no_others()
    {
        var sockets = Sockets(count: 1_000, rooms: 10);

        Assert.Equal(1_000, FetchSockets.Note(sockets, 9_990, int.MaxValue).Count);
        Assert.Equal(11, FetchSockets.Note(sockets, 100, int.MaxValue).Count);
        Assert.Single(FetchSockets.Note(sockets, 0, int.MaxValue));
        // 15 bytes of each id, and ten names of two bytes.
        Assert.Equal(3, FetchSockets.Note(sockets, int.MaxValue, 100).Count);
        Assert.Single(FetchSockets.Note(sockets, int.MaxValue, 1));
        Assert.All(FetchSockets.Note(sockets, 9_990, int.MaxValue), rooms => Assert.Equal(10, rooms.Length));
        Assert.Empty(FetchSockets.Note([], 1, 1));
    }

    private static SocketId[] Ids(ServerId server, int count) => [.. Enumerable.Range(1, count).Select(i => SocketId.FromParts(server, (ulong)i))];

    private static List<LocalSocket> Sockets(int count, int rooms)
    {
        var all = new LocalSockets();
        foreach (var id in Ids(Server, count))
        {
            var socket = new TestSocket(id);
            all.Add(socket);
            for (var room = 0; room < rooms; room++)
            {
                all.Join(socket, Room.Named($"r{room}"));
            }
        }
        return [.. all.All];
    }
}
