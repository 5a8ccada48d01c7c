using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H5 steps 5–8: what a home makes of the histories when it opens.</summary>
public sealed class OpeningTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly ServerId C = Life(3);

    [Fact]
    public void Gaps_are_filled_for_who_has_not_handled_so_far_and_is_a_target_by_its_own_rooms()
    {
        var entries = new[] { Entry(5, A, 1, 1, Emit(Red)), Entry(6, A, 2, 1, Emit(Red)), Entry(7, A, 3, 1, Emit(Blue)) };

        var home = Open(
            (A, History(A, B, C) with { Handled = 7, Number = 7, LastPosition = 3, Rooms = [Red], Retained = entries }),
            (B, History(A, B, C) with { Handled = 5, Number = 5, Rooms = [Red] }),
            (C, History(A, B, C) with { Handled = 5, Number = 5, Rooms = [Blue] }));

        Assert.Empty(home.Pushed(A));
        Assert.Equal([6], home.Pushed(B));
        Assert.Equal([7], home.Pushed(C));
        Assert.Equal(5, home.All<Push>(B)[0].Previous);
        Assert.Equal((7, 5), (home.Home.Number, home.Home.Stable));
    }

    [Fact]
    public void What_is_new_comes_behind_everything_life_by_life_each_as_one_run()
    {
        var home = Open(
            (A, History(A, B) with { Number = 10, LastPosition = 2, Outbox = [new OutboxItem(1, Emit(Red), 0, 0), new OutboxItem(2, Emit(Red), 0, 0)] }),
            (
                B,
                History(A, B) with
                {
                    Number = 10,
                    LastPosition = 8,
                    Rooms = [Red],
                    Outbox = [new OutboxItem(7, Operation.Own(Red, true, 0), 0, 0),
                    new OutboxItem(8, Emit(Red), 0, 0)]
                }));

        var entries = home.All<Push>(B).SelectMany(push => push.Entries).ToArray();
        Assert.Equal([(11, A, 1, 1), (12, A, 2, 1), (14, B, 8, 7)], entries.Select(e => (e.Number, e.Publisher, e.Position, e.Run)));
        Assert.Equal([(7, 13), (8, 14)], home.Last<Registered>(B).Results.Select(r => (r.Position, r.Number)));
        Assert.Equal(8, home.Last<Registered>(B).LastPosition);
    }

    [Fact]
    public void Positions_go_on_where_the_history_ended()
    {
        var home = Open((A, History(A) with { Number = 10, LastPosition = 4 }));
        home.Sent.Clear();

        home.Submit(A, 4, Emit(Red));
        Assert.Empty(home.Sent);
        home.Submit(A, 5, Emit(Red));
        Assert.Equal(11, home.Last<Accepted>(A).FirstNumber);
    }

    [Fact]
    public void A_fresh_life_begins_behind_the_merge()
    {
        var home = new TestHome();
        home.Register(C);
        home.Register(A, History(A) with { Handled = 3, Number = 9, Rooms = [Red], Retained = [Entry(9, A, 1, 1, Emit(Red))] });

        Assert.Equal(9, home.Last<Registered>(C).From);
        Assert.Equal(3, home.Last<Registered>(A).From);
        Assert.Equal([A, C], home.Home.Lives);
    }

    [Fact]
    public void Who_was_fenced_before_stays_fenced()
    {
        var home = new TestHome();
        home.Register(B, History(A, B, C) with { Epoch = 400 });
        home.Register(C, History(A, C) with { Epoch = 400, ListVersion = 2, Rooms = [Red] });

        home.Register(A, History(A, C) with { Epoch = 500 });

        Assert.Equal([A, C], home.Home.Lives);
        Assert.Single(home.All<Fenced>(B));
        Assert.Contains((B, RemovalReason.FencedBefore), home.Removals);
    }

    [Fact]
    public void A_remote_join_that_is_filled_counts_as_membership()
    {
        var home = Open(
            (A, History(A, B) with { Handled = 5, Number = 5, Retained = [Entry(5, A, 1, 1, RemoteJoin(Red, Blue))] }),
            (B, History(A, B) with { Handled = 4, Number = 4, Rooms = [Red] }));

        Assert.Contains((Blue, B, true), home.Home.Memberships());
        home.Submit(A, 1, Emit(Blue));
        home.Acknowledge(B, 5);
        Assert.Equal([5, 6], home.Pushed(B));
    }

    [Fact]
    public void The_asker_learns_who_has_a_request_and_who_gets_it_and_not_who_joined_behind_it()
    {
        var request = Entry(5, A, 1, 1, Ask(Red));
        var home = Open(
            (
                A,
                History(A, B, C) with
                {
                    Handled = 5,
                    Number = 6,
                    LastPosition = 1,
                    Rooms = [Red],
                    Retained = [request],
                    Outbox = [new OutboxItem(1,
                    request.Operation, 0, 0)],
                    Seen = [new SeenPosition(A, 1)]
                }),
            (B, History(A, B, C) with { Handled = 4, Number = 4, Rooms = [Red] }),
            (C, History(A, B, C) with { Handled = 6, Number = 6, Rooms = [Red] }));

        Assert.Equal([A, B], home.Last<Registered>(A).Results[0].Targets!);
        Assert.Equal([5], home.Pushed(B));
        Assert.Empty(home.Pushed(C));
    }

    [Fact]
    public void The_opening_is_told_in_numbers()
    {
        var home = Open(
            (A, History(A, B) with { Number = 9, Retained = [Entry(8, A, 1, 1, Emit(Red))] }),
            (B, History(A, B)));

        Assert.Equal(new OpenSummary(FirstEpoch, 2, 2, 1, 9), Assert.Single(home.Openings));
    }

    [Fact]
    public void Histories_that_contradict_each_other_end_their_lives_and_the_namespace_opens()
    {
        var home = Open(
            (A, History(A, B) with { Number = 9, Retained = [Entry(5, A, 1, 1, Emit(Red))] }),
            (B, History(A, B) with { Number = 7, Retained = [Entry(5, B, 1, 1, Emit(Red))] }));

        Assert.Single(home.Conflicts);
        Assert.Empty(home.Home.Lives);
        Assert.Equal(9, home.Home.Number);
        Assert.Single(home.All<Fenced>(A));
        Assert.Single(home.All<Fenced>(B));
    }

    [Fact]
    public void What_an_outage_gathered_ends_no_life_when_the_home_opens()
    {
        var home = new TestHome(TestHome.Options with { MailboxLimit = 200 });
        OutboxItem[] gathered = [.. Enumerable.Range(1, 10).Select(position => new OutboxItem(position, Emit(Red), 0, 0))];
        home.Register(A, History(A, B) with { LastPosition = 10, Outbox = gathered, Rooms = [Red] });
        home.Register(B, History(A, B) with { Rooms = [Red] });

        Assert.True(home.Home.IsOpen);
        Assert.Empty(home.Removals);
        home.Acknowledge(A, home.Home.Number);
        home.Submit(A, 11, Emit(Red), Emit(Red), Emit(Red));
        Assert.Contains((B, RemovalReason.Overflow), home.Removals);
    }

    [Fact]
    public void Whoever_may_still_have_a_socket_is_told_that_another_one_holds_it_by_a_later_claim()
    {
        var socket = SocketId.FromParts(A, 5);

        var home = Open(
            (A, History(A, B, C)),
            (B, History(A, B, C) with { Moved = [new MovedSocket(socket, 24)] }),
            (C, History(A, B, C) with { Moved = [new MovedSocket(socket, 23), new MovedSocket(SocketId.FromParts(B, 5), 20)] }));

        Assert.Equal([new MovedSocket(socket, 24)], home.Last<Registered>(A).Taken);
        Assert.Equal([new MovedSocket(SocketId.FromParts(B, 5), 20)], home.Last<Registered>(B).Taken);
        Assert.Equal([new MovedSocket(socket, 24)], home.Last<Registered>(C).Taken);
    }

    /// <summary>It had the socket by its claim, then somebody who has gone did, and then another one: the entry between the two is lost.</summary>
    [Fact]
    public void Whoever_is_about_to_hear_of_its_own_claim_hears_of_a_later_one_as_well()
    {
        var socket = SocketId.FromParts(C, 5);
        var (first, last) = (Moved(6, A, from: C), Moved(8, B, from: C));

        var home = Open(
            (A, History(A, B) with { Handled = 4, Number = 8 }),
            (B, History(A, B) with { Handled = 8, Number = 8, Retained = [first, last], Moved = [new MovedSocket(socket, 8)] }));

        Assert.Equal([6, 8], home.Pushed(A));

        Entry Moved(long number, ServerId by, ServerId from) =>
            Entry(number, by, number, number, Operation.Moved(
                new BroadcastTarget([], [SocketId.FromParts(from, 0), SocketId.FromParts(by, 0)]), new SessionMoved(socket, [], default)));
    }

    private static TestHome Open(params (ServerId Life, History History)[] histories)
    {
        var home = new TestHome();
        foreach (var (life, history) in histories)
        {
            home.Register(life, history);
        }
        Assert.True(home.Home.IsOpen);
        return home;
    }
}
