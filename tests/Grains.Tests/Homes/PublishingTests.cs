using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H6 to H10: batches in, entries into the mailboxes of their targets, and out of them.</summary>
public sealed class PublishingTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly ServerId C = Life(3);

    [Fact]
    public void Every_operation_takes_a_number_also_joins_and_what_reaches_nobody()
    {
        var home = With(A, B);

        home.Submit(A, 1, Operation.Own(Red, true, 0), Emit(Blue), Emit(Red));

        var accepted = home.Last<Accepted>(A);
        Assert.Equal((1, 1, 3), (accepted.First, accepted.FirstNumber, accepted.Count));
        var entry = Assert.Single(home.All<Push>(A).SelectMany(push => push.Entries));
        Assert.Equal((3, A, 3, 1), (entry.Number, entry.Publisher, entry.Position, entry.Run));
        Assert.Empty(home.Pushed(B));
    }

    [Fact]
    public void A_repeated_batch_gets_the_same_answer_and_is_not_done_again()
    {
        var home = With(A);
        home.Submit(A, 1, Operation.Own(Red, true, 0));
        home.Submit(A, 2, Emit(Red), Ask(Red));

        home.Submit(A, 2, Emit(Red), Ask(Red));

        var answers = home.All<Accepted>(A);
        Assert.Equal(3, answers.Count);
        Assert.Equal((answers[1].First, answers[1].FirstNumber, answers[1].Count), (answers[2].First, answers[2].FirstNumber, answers[2].Count));
        Assert.Equal(answers[1].Targets, answers[2].Targets);
        Assert.Equal(3, home.Home.Number);
    }

    [Fact]
    public void A_batch_that_is_neither_the_next_nor_the_last_is_ignored()
    {
        var home = With(A);
        home.Submit(A, 1, Emit(Red));
        home.Submit(A, 2, Emit(Red));
        home.Sent.Clear();

        home.Submit(A, 1, Emit(Red));
        home.Submit(A, 4, Emit(Red));

        Assert.Empty(home.Sent);
        Assert.Equal(2, home.Home.Number);
    }

    [Fact]
    public void A_server_that_several_rooms_lead_to_gets_one_copy()
    {
        var home = With(A, B, C);
        home.Submit(A, 1, Operation.Own(Red, true, 0), Operation.Own(Blue, true, 0));
        home.Submit(B, 1, Operation.Own(Blue, true, 0));

        home.Submit(C, 1, Operation.Emit(new BroadcastTarget([Red, Blue], [SocketId.FromParts(A, 1)]), default));

        Assert.Single(home.Pushed(A));
        Assert.Single(home.Pushed(B));
        Assert.Empty(home.Pushed(C));
    }

    [Fact]
    public void A_socket_id_leads_to_its_server_also_where_it_is_written_as_a_room()
    {
        var home = With(A, B);
        var socket = SocketId.FromParts(B, 42);

        home.Submit(A, 1, Emit(socket), Emit(Room.Named(socket.ToString())));

        Assert.Equal([1, 2], home.Pushed(B));
        Assert.Empty(home.Pushed(A));
    }

    [Fact]
    public void A_room_whose_name_is_the_id_of_an_unknown_server_is_a_room()
    {
        var home = With(A, B);
        var room = Room.Named(SocketId.FromParts(C, 42).ToString());
        home.Join(B, 1, room);

        home.Submit(A, 1, Emit(room));

        Assert.Equal([2], home.Pushed(B));
    }

    [Fact]
    public void Users_and_rooms_of_the_same_name_are_different()
    {
        var home = With(A, B);
        home.Join(A, 1, Room.Named("ann"));
        home.Join(B, 1, Room.OfUser("ann"));

        home.Submit(A, 2, Emit(Room.OfUser("ann")));

        Assert.Empty(home.Pushed(A));
        Assert.Equal([3], home.Pushed(B));
    }

    [Fact]
    public void The_asker_is_told_which_servers_a_request_went_to()
    {
        var home = With(A, B, C);
        home.Join(A, 1, Red);
        home.Join(C, 1, Red);

        home.Submit(B, 1, Emit(Red), Ask(Red), Ask(Blue), Ask(Room.OtherServers));

        var targets = home.Last<Accepted>(B).Targets;
        Assert.Equal([2, 3, 4], targets.Select(t => t.Position));
        Assert.Equal([A, C], targets[0].Lives);
        Assert.Empty(targets[1].Lives);
        Assert.Equal([A, C], targets[2].Lives);
    }

    [Fact]
    public void A_remote_join_makes_its_targets_members_before_they_have_answered()
    {
        var home = With(A, B);
        home.Join(B, 1, Red);

        home.Submit(A, 1, RemoteJoin(Red, Blue), Emit(Blue));

        Assert.Contains((Blue, B, true), home.Home.Memberships());
        Assert.Equal([2, 3], home.Pushed(B));
    }

    [Theory]
    [InlineData(true, 2, new[] { "member" })]
    [InlineData(false, 2, new string[0])]
    [InlineData(true, 1, new[] { "member", "pending" })]
    [InlineData(false, 1, new[] { "pending" })]
    public void Only_a_word_as_of_the_remote_join_answers_it(bool member, long asOf, string[] expected)
    {
        var home = With(A, B);
        home.Join(B, 1, Red);
        home.Submit(A, 1, RemoteJoin(Red, Blue));

        home.Submit(B, 2, Operation.Own(Blue, member, asOf));

        var isMember = home.Home.Memberships().Any(m => m.Room == Blue);
        var isPending = home.Home.Memberships().Any(m => m.Room == Blue && m.Pending);
        Assert.Equal(expected.Length > 0, isMember);
        Assert.Equal(expected.Contains("pending"), isPending);
    }

    [Fact]
    public void One_batch_is_in_flight_and_begins_behind_what_was_acknowledged()
    {
        var home = With(Options with { BatchEntries = 2 }, A);
        home.Join(A, 1, Red);

        home.Submit(A, 2, Emit(Red), Emit(Red), Emit(Red), Emit(Red), Emit(Red));
        Assert.Equal([2, 3], home.Pushed(A));

        home.Acknowledge(A, 3);
        Assert.Equal([2, 3, 4, 5], home.Pushed(A));
        Assert.Equal(3, home.Last<Push>(A).Previous);
    }

    [Fact]
    public void A_read_is_answered_with_what_follows_also_if_it_was_sent_before()
    {
        var home = With(A);
        home.Submit(A, 1, Operation.Own(Red, true, 0), Emit(Red), Emit(Red));
        home.Sent.Clear();

        home.Receive(new ReadAfter { Life = A, Epoch = FirstEpoch, Session = home.SessionOf(A), Handled = 2 });

        Assert.Equal([3], home.Pushed(A));
        Assert.Equal(2, home.Last<Push>(A).Previous);
    }

    [Fact]
    public void Who_asks_is_told_what_it_may_have_missed_and_nothing_where_it_missed_nothing()
    {
        var home = With(A, B);
        home.Home.Check(A, FirstEpoch);
        Assert.Equal([A, B], home.Last<Push>(A).Head!.List); // nobody has said yet that it knows

        home.Renew(A, listVersion: home.Last<Push>(A).Head!.ListVersion);
        home.Sent.Clear();
        home.Home.Check(A, FirstEpoch);
        home.Home.Check(C, FirstEpoch);
        Assert.Empty(home.Sent);

        home.Join(A, 1, Red);
        home.Submit(A, 2, Emit(Red));
        home.Sent.Clear();
        home.Home.Check(A, FirstEpoch);
        Assert.Equal((2, null), (home.Last<Push>(A).Head!.Last, home.Last<Push>(A).Head!.List));
        Assert.Empty(home.Pushed(A));

        home.Home.Check(B, FirstEpoch - 1);
        Assert.Equal(FirstEpoch, home.Last<WrongEpoch>(B).Epoch);
    }

    [Fact]
    public void Stable_is_what_every_mailbox_has_left_behind()
    {
        var home = With(A, B);
        home.Join(A, 1, Red);
        home.Join(B, 1, Red);
        Assert.Equal(2, home.Home.Stable);

        home.Submit(A, 2, Emit(Red), Emit(Red));
        Assert.Equal(2, home.Home.Stable);
        home.Acknowledge(A, 4);
        Assert.Equal(2, home.Home.Stable);
        home.Acknowledge(B, 3);
        Assert.Equal(3, home.Home.Stable);
        home.Acknowledge(B, 4);
        Assert.Equal(4, home.Home.Stable);
        Assert.Equal(0, home.Home.Backlog);
    }

    [Fact]
    public void Every_head_tells_the_last_number_of_the_receivers_mailbox()
    {
        var home = With(A, B);
        home.Join(B, 1, Red);
        home.Submit(A, 1, Emit(Red), Emit(Blue));

        home.Renew(A);
        home.Renew(B);

        Assert.Equal((3, 0), (home.Last<Renewed>(A).Head!.Number, home.Last<Renewed>(A).Head!.Last));
        Assert.Equal((3, 2), (home.Last<Renewed>(B).Head!.Number, home.Last<Renewed>(B).Head!.Last));
    }
}
