using static OrleansAdapter.Tests.Replication.TestReplica;

namespace OrleansAdapter.Tests.Replication;

/// <summary>PROTOCOL.md, W4 to W8: how a server takes what its home sends, and what it keeps.</summary>
public sealed class ReplicaMailboxTests
{
    private readonly TestReplica _replica = Live();

    [Fact]
    public void Entries_are_handled_in_order_once_and_acknowledged()
    {
        _replica.Push(0, Head(3, 3), Entry(1, 1), Entry(3, 2));
        _replica.Push(0, Head(4, 4), Entry(1, 1), Entry(3, 2), Entry(4, 3));

        Assert.Equal([1, 3, 4], _replica.Handled);
        Assert.Equal([3, 4], _replica.All<Acknowledge>().Select(a => a.Handled));
        Assert.All(_replica.All<Acknowledge>(), a => Assert.Equal((Epoch, Session, 1L), (a.Epoch, a.Session, a.ListVersion)));
    }

    [Fact]
    public void A_gap_is_read_and_nothing_behind_it_is_handled()
    {
        _replica.Push(2, Head(3, 3), Entry(3, 2));

        Assert.Empty(_replica.Handled);
        Assert.Equal(0, Assert.Single(_replica.All<ReadAfter>()).Handled);
    }

    [Fact]
    public void What_comes_before_the_answer_to_a_batch_that_has_what_it_follows_is_handled_behind_it()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Push(1, Head(3, 3), Entry(3, 2));
        Assert.Empty(_replica.Handled);
        Assert.Empty(_replica.All<ReadAfter>());

        _replica.Accepted(1, 1, 1, Head(1, 1));
        _replica.Push(0, Head(1, 1), Entry(1, 1, FirstLife));

        Assert.Equal([1, 3], _replica.Handled);
        Assert.Equal(3, _replica.All<Acknowledge>()[^1].Handled);
        _replica.Replica.EndTurn(0);
        Assert.Empty(_replica.All<ReadAfter>());
    }

    [Fact]
    public void What_it_follows_is_read_where_the_answer_did_not_have_it()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Push(2, Head(3, 3), Entry(3, 2));
        _replica.Accepted(1, 1, 1, Head(1, 1));
        _replica.Push(0, Head(1, 1), Entry(1, 1, FirstLife));
        _replica.Replica.EndTurn(0);

        Assert.Equal([1], _replica.Handled);
        Assert.Equal(1, Assert.Single(_replica.All<ReadAfter>()).Handled);
        _replica.Push(1, Head(3, 3), Entry(2, 1), Entry(3, 2));
        Assert.Equal([1, 2, 3], _replica.Handled);
    }

    [Fact]
    public void One_is_kept_and_the_next_one_shows_that_something_is_lost()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Push(1, Head(3, 3), Entry(3, 2));
        _replica.Push(3, Head(4, 4), Entry(4, 3));

        Assert.Single(_replica.All<ReadAfter>());
    }

    [Fact]
    public void A_push_without_entries_that_says_there_were_some_has_them_read_at_once()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Push(3, Head(3, 3));

        Assert.Single(_replica.All<ReadAfter>());
    }

    [Fact]
    public void What_was_kept_of_an_epoch_ends_with_it()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Push(1, Head(3, 3), Entry(3, 2));
        _replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        _replica.Receive(_replica.Registered(epoch: Epoch + 1, from: 0, head: Head(1, 1)));
        _replica.Receive(new Push { Life = FirstLife, Epoch = Epoch + 1, Session = Session, Head = Head(1, 1), Previous = 0, Entries = [Entry(1, 1)] });

        Assert.Equal([1], _replica.Handled);
    }

    [Fact]
    public void Nobody_waits_for_the_acknowledgement_of_what_is_its_own()
    {
        _replica.Push(0, Head(1, 1), Entry(1, 1, FirstLife));
        _replica.Push(1, Head(2, 2), Entry(2, 1));
        _replica.Push(2, Head(4, 4), Entry(3, 2, FirstLife), Entry(4, 2));

        Assert.Equal([true, false, false], _replica.All<Acknowledge>().Select(acknowledge => acknowledge.MayWait));
    }

    /// <summary>The home tells of a second machine's having it behind this acknowledgement.</summary>
    [Fact]
    public void It_is_waited_for_while_what_was_published_is_not_on_a_second_machine()
    {
        _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 1, 1, Head(1, 1) with { Held = 0 });
        _replica.Push(0, Head(1, 1) with { Held = 0 }, Entry(1, 1, FirstLife));

        Assert.False(Assert.Single(_replica.All<Acknowledge>()).MayWait);
    }

    [Fact]
    public void What_a_publisher_sent_before_what_was_handled_is_skipped()
    {
        _replica.Push(0, Head(3, 3), Entry(3, 5));

        _replica.Push(3, Head(9, 9), Entry(8, 5), Entry(9, 6));

        Assert.Equal([3, 9], _replica.Handled);
    }

    [Fact]
    public void A_message_of_another_epoch_or_session_is_left_alone()
    {
        var push = new Push { Life = FirstLife, Epoch = Epoch, Session = Session, Head = Head(1, 1), Previous = 0, Entries = [Entry(1, 1)] };

        _replica.Receive(push with { Session = Session + 1 });
        _replica.Receive(push with { Epoch = Epoch + 1 });
        _replica.Receive(push with { Epoch = Epoch - 1 });

        Assert.Empty(_replica.Handled);
        Assert.Empty(_replica.Sent);
    }

    [Fact]
    public void Entries_are_kept_until_they_are_stable_whichever_message_says_so()
    {
        _replica.Push(0, Head(3, 3), Entry(1, 1), Entry(2, 2), Entry(3, 3));
        Assert.Equal(3, _replica.Replica.RetainedCount);

        _replica.Renewed(Head(3, 3, stable: 1));
        Assert.Equal(2, _replica.Replica.RetainedCount);
        _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 4, 1, Head(4, 3, stable: 2));
        Assert.Equal(1, _replica.Replica.RetainedCount);
        _replica.Push(3, Head(4, 3, stable: 4));
        Assert.Equal((0, 0), (_replica.Replica.RetainedCount, _replica.Replica.OutboxCount));
    }

    [Fact]
    public void An_idle_server_has_handled_all_that_is_not_for_it()
    {
        _replica.Renewed(Head(number: 90, last: 0));

        Assert.Equal(90, _replica.Replica.Handled);
    }

    [Fact]
    public void It_has_not_while_its_mailbox_may_hold_something()
    {
        _replica.Renewed(Head(number: 90, last: 4));

        Assert.Equal(0, _replica.Replica.Handled);
    }

    [Fact]
    public void An_emit_ends_when_this_server_has_handled_it_itself()
    {
        var operation = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 5, 1, Head(5, 5));
        Assert.Equal(["accepted"], operation.Events);

        _replica.Push(0, Head(5, 5), Entry(5, 1, FirstLife));

        Assert.Equal(["accepted", "succeeded"], operation.Events);
    }

    [Fact]
    public void An_emit_that_is_not_for_this_server_ends_with_its_answer()
    {
        var operation = _replica.Submit(TestOperation.Emit());

        _replica.Accepted(1, 5, 1, Head(5, 0));

        Assert.Equal(["accepted", "succeeded"], operation.Events);
    }

    [Fact]
    public void An_answer_that_overtakes_an_earlier_push_ends_its_emit_when_that_push_is_handled()
    {
        var operation = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 5, 1, Head(5, 4));
        Assert.Equal(["accepted"], operation.Events); // 4 is still on its way

        _replica.Push(0, Head(4, 4), Entry(4, 1));

        Assert.Equal(["accepted", "succeeded"], operation.Events);
        Assert.Equal(5, _replica.Replica.Handled);
    }

    [Fact]
    public void An_older_head_that_comes_late_still_tells_what_was_for_others()
    {
        _replica.Renewed(Head(number: 9, last: 8));
        _replica.Renewed(Head(number: 5, last: 0));

        Assert.Equal(5, _replica.Replica.Handled); // as if they had come in order
    }

    [Fact]
    public void An_older_head_is_not_the_last_word()
    {
        _replica.Renewed(Head(number: 9, last: 8));
        _replica.Push(0, Head(6, 6), Entry(6, 1));
        Assert.Equal(6, _replica.Replica.Handled);

        _replica.Push(6, Head(8, 8), Entry(8, 2));

        Assert.Equal(9, _replica.Replica.Handled);
    }

    [Fact]
    public void A_turns_operations_are_one_batch_and_what_gathers_meanwhile_is_the_next()
    {
        _replica.Replica.Submit(TestOperation.Emit(), 0);
        _replica.Replica.Submit(TestOperation.Emit(), 0);
        _replica.Replica.EndTurn(0);
        _replica.Submit(TestOperation.Emit());
        Assert.Equal([2], _replica.All<Submit>().Select(submit => submit.Operations.Count));

        _replica.Accepted(1, 1, 2, Head(2));
        _replica.Replica.EndTurn(0);

        Assert.Equal([(1, 2), (3, 1)], _replica.All<Submit>().Select(submit => (submit.First, submit.Operations.Count)));
    }

    [Fact]
    public void An_unanswered_batch_is_sent_again_unchanged()
    {
        _replica.Submit(TestOperation.Emit());

        _replica.Tick(Options.SubmitAgainAfter - 1);
        Assert.Single(_replica.All<Submit>());
        _replica.Tick(1);

        Assert.Same(_replica.All<Submit>()[0], _replica.All<Submit>()[1]);
    }

    [Fact]
    public void The_lease_is_renewed_in_time()
    {
        _replica.Tick(Options.RenewEvery - 1);
        Assert.Empty(_replica.All<Renew>());

        _replica.Tick(1);
        _replica.Tick(1);

        Assert.Single(_replica.All<Renew>());
    }

    [Fact]
    public void A_mailbox_that_holds_more_is_read_after_a_silence()
    {
        _replica.Renewed(Head(5, 5));
        _replica.Tick(Options.ReadAfterSilence - 1);
        Assert.Empty(_replica.All<ReadAfter>());
        _replica.Tick(1);
        Assert.Single(_replica.All<ReadAfter>());
        _replica.Tick(Options.ReadAfterSilence);
        Assert.Equal(2, _replica.All<ReadAfter>().Count);

        _replica.Push(0, Head(5, 5), Entry(5, 1));
        _replica.Tick(10 * Options.ReadAfterSilence);
        Assert.Equal(2, _replica.All<ReadAfter>().Count);
    }

    [Fact]
    public void Progress_puts_the_silence_off()
    {
        _replica.Renewed(Head(5, 5));
        _replica.Tick(Options.ReadAfterSilence - 1);
        _replica.Push(0, Head(5, 5), Entry(3, 1));
        _replica.Tick(Options.ReadAfterSilence - 1);

        Assert.Empty(_replica.All<ReadAfter>());
    }

    [Fact]
    public void A_remote_join_is_always_answered_by_this_servers_own_word_as_of_then()
    {
        var join = Operation.SocketsJoin(BroadcastTarget.All, [TestOperation.Red, Room.Named("blue")]);
        _replica.Rooms.Add(TestOperation.Red);

        _replica.Push(0, Head(7, 7), new Entry(7, Other, 1, 1, join));
        _replica.Replica.EndTurn(0);

        var words = Assert.Single(_replica.All<Submit>()).Operations;
        Assert.Equal([(OperationKind.Join, 7), (OperationKind.Leave, 7)], words.Select(word => (word.Kind, word.AsOf)));
    }

    [Fact]
    public void A_waiter_for_membership_waits_for_the_last_word_on_its_rooms()
    {
        var blue = Room.Named("blue");
        var (both, none) = (new TaskCompletionSource(), new TaskCompletionSource());
        _replica.Replica.TellMembership(TestOperation.Red, member: true, 0);
        _replica.Replica.TellMembership(blue, member: true, 0);
        _replica.Replica.TellMembership(TestOperation.Red, member: false, 0);
        _replica.Replica.WhenMembershipHolds([TestOperation.Red, blue], both);
        _replica.Replica.WhenMembershipHolds([Room.Everyone], none);
        Assert.True(none.Task.IsCompletedSuccessfully);

        _replica.Replica.EndTurn(0);
        Assert.False(both.Task.IsCompleted);
        _replica.Accepted(1, 1, 3, Head(3));

        Assert.True(both.Task.IsCompletedSuccessfully);
        Assert.Equal(0, _replica.Replica.PendingMemberships);
    }

    [Fact]
    public void The_newest_list_counts_and_publishers_that_are_not_in_it_are_forgotten()
    {
        var third = ServerId.FromBits(0x3001);
        _replica.Push(0, Head(2, 2, version: 3, list: [FirstLife, Other, third]), Entry(1, 1), Entry(2, 1, third));

        _replica.Renewed(Head(2, 2, version: 4, list: [FirstLife, Other]));
        _replica.Renewed(Head(2, 2, version: 2, list: [third]));
        _replica.Renewed(new Head(0, 2, 2, 9, null));

        Assert.Equal([FirstLife, Other], _replica.Replica.List);
        Assert.Equal([Other], _replica.Replica.SeenPublishers);
    }

    [Fact]
    public void A_change_of_the_list_is_applied_to_the_version_before_it()
    {
        var third = ServerId.FromBits(0x3001);

        _replica.Renewed(new Head(0, 0, 0, 3, null, [new ListChange(third, true), new ListChange(Other, false)]));
        Assert.Equal([FirstLife, third], _replica.Replica.List);
        _replica.Renewed(new Head(0, 0, 0, 2, null, [new ListChange(third, true)]));
        Assert.Equal([FirstLife, third], _replica.Replica.List);

        // Named was 1, and versions 2 and 3 have come since.
        _replica.Renewed(new Head(0, 0, 0, 4, null, [new ListChange(third, true), new ListChange(Other, false), new ListChange(third, false)]));
        Assert.Equal([FirstLife], _replica.Replica.List);
    }

    [Fact]
    public void A_message_whose_changes_do_not_reach_back_to_the_list_here_counts_as_lost()
    {
        var operation = _replica.Submit(TestOperation.Emit());
        var head = new Head(9, 9, 0, 3, null, [new ListChange(Other, false)]);

        _replica.Push(0, head, Entry(5, 1));
        _replica.Accepted(1, 9, 1, head);

        Assert.Empty(_replica.Handled);
        Assert.Empty(operation.Events);
        Assert.Equal([FirstLife, Other], _replica.Replica.List);
    }

    [Fact]
    public void A_list_is_named_within_a_tick_and_once()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });
        replica.Receive(replica.Registered(from: 4));
        replica.Tick(50);
        replica.Tick(50);
        Assert.Equal([(4, 1)], replica.All<Acknowledge>().Select(a => (a.Handled, a.ListVersion)));

        replica.Renewed(Head(number: 4, last: 4, version: 2));
        replica.Replica.Connected(replica.Now); // this renews, and so names it as well
        replica.Tick(50);

        Assert.Equal([2], replica.All<Renew>().Select(renew => renew.ListVersion));
        Assert.Single(replica.All<Acknowledge>());
    }

    [Fact]
    public void A_publisher_whose_entry_comes_after_the_list_without_it_is_forgotten_too()
    {
        _replica.Renewed(Head(2, 2, version: 4, list: [FirstLife]));

        _replica.Push(0, new Head(0, 2, 2, 4, null), Entry(2, 1));

        Assert.Equal([2], _replica.Handled);
        Assert.Empty(_replica.Replica.SeenPublishers);
    }

    [Fact]
    public void An_operation_that_is_not_answered_in_time_fails_and_may_still_happen()
    {
        var operation = _replica.Submit(TestOperation.Emit());

        _replica.Tick(Options.OperationTimeout);
        Assert.Empty(operation.Events);
        _replica.Tick(1);
        Assert.Equal(["TimedOut"], operation.Events);

        _replica.Accepted(1, 5, 1, Head(5, 0, stable: 5));
        Assert.Equal(["TimedOut", "accepted"], operation.Events);
        Assert.Equal(0, _replica.Replica.OutboxCount);
    }
}
