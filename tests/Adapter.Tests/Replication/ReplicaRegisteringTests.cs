using static OrleansAdapter.Tests.Replication.TestReplica;

namespace OrleansAdapter.Tests.Replication;

/// <summary>PROTOCOL.md, W1 to W3 and W9: how a server comes into a home, and out of it.</summary>
public sealed class ReplicaRegisteringTests
{
    [Fact]
    public void It_registers_until_it_is_answered()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Tick(Options.RegisterAgainAfter - 1);
        Assert.Single(replica.Sent);

        replica.Tick(1);
        replica.Tick(1);

        var registers = replica.All<Register>();
        Assert.Equal(2, registers.Count);
        Assert.All(registers, register => Assert.Equal((FirstLife, 0L, true), (register.Life, register.Epoch, register.Replaces.IsNone)));
    }

    [Fact]
    public void A_fresh_life_tells_no_history_so_that_its_operations_are_submitted_once()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Submit(TestOperation.Emit());

        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });

        Assert.All(replica.All<Register>(), register => Assert.Null(register.History));
        Assert.Empty(replica.All<Submit>());
    }

    [Fact]
    public void It_registers_for_the_epoch_that_it_is_told_and_never_for_an_earlier_one()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);

        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch - 1 });
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });

        Assert.Equal([0, Epoch], replica.All<Register>().Select(register => register.Epoch));
        replica.Receive(replica.Registered(epoch: Epoch - 1));
        Assert.False(replica.Replica.IsLive);
        replica.Receive(replica.Registered());
        Assert.True(replica.Replica.IsLive);
    }

    [Fact]
    public void A_fresh_life_begins_where_the_home_says()
    {
        var replica = Live(from: 41);

        Assert.Equal(41, replica.Replica.Handled);
        replica.Push(41, Head(42, 42), Entry(41, 1), Entry(42, 2));
        Assert.Equal([42], replica.Handled);
    }

    [Fact]
    public void Once_admitted_it_submits_what_has_gathered()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Submit(TestOperation.Emit());
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });
        replica.Receive(replica.Registered());

        replica.Replica.EndTurn(0);

        var submit = Assert.Single(replica.All<Submit>());
        Assert.Equal((1, Epoch, Session), (submit.First, submit.Epoch, submit.Session));
    }

    [Fact]
    public void A_new_epoch_ends_the_session_and_is_told_all_that_is_remembered()
    {
        var replica = Live();
        replica.Rooms.Add(TestOperation.Red);
        replica.Push(0, Head(3, 3), Entry(2, 1), Entry(3, 2));
        var answered = replica.Submit(TestOperation.Emit());
        replica.Accepted(1, 4, 1, Head(4, 3, version: 1));
        replica.Submit(TestOperation.Emit());

        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        Assert.False(replica.Replica.IsLive);
        var register = replica.All<Register>()[^1];
        Assert.Equal(Epoch + 1, register.Epoch);
        var history = register.History!;
        Assert.Equal((Epoch, 4, 4, 1, 2), (history.Epoch, history.Handled, history.Number, history.ListVersion, history.LastPosition));
        Assert.Equal([FirstLife, Other], history.List);
        Assert.Equal([2, 3], history.Retained.Select(entry => entry.Number));
        Assert.Equal([(1, 4), (2, 0)], history.Outbox.Select(item => (item.Position, item.Number)));
        Assert.Equal([TestOperation.Red], history.Rooms);
        Assert.Equal([new SeenPosition(Other, 2)], history.Seen);
        Assert.Equal(["accepted", "succeeded"], answered.Events);
    }

    [Fact]
    public void Nothing_of_the_old_epoch_counts_any_more()
    {
        var replica = Live();
        var operation = replica.Submit(TestOperation.Emit());
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        replica.Push(0, Head(3, 3), Entry(3, 1));
        replica.Accepted(1, 4, 1, Head(4));

        Assert.Empty(replica.Handled);
        Assert.Empty(operation.Events);
    }

    [Fact]
    public void A_merge_settles_the_outbox_and_the_rest_is_submitted_anew()
    {
        var replica = Live();
        var settled = replica.Submit(TestOperation.Emit());
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        var late = replica.Submit(TestOperation.Emit());
        replica.Sent.Clear();

        replica.Receive(replica.Registered(
            epoch: Epoch + 1, session: 5, lastPosition: 1, head: Head(9, 0), results: new OperationResult(1, 9, 1, OperationOutcome.Accepted, null)));
        replica.Replica.EndTurn(0);

        Assert.Equal(["accepted", "succeeded"], settled.Events);
        Assert.Empty(late.Events);
        var submit = Assert.Single(replica.All<Submit>());
        Assert.Equal((2, Epoch + 1, 5), (submit.First, submit.Epoch, submit.Session));
    }

    [Fact]
    public void A_merged_mailbox_that_holds_something_is_read_at_once()
    {
        var replica = Live();
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        replica.Receive(replica.Registered(epoch: Epoch + 1, head: Head(9, 8)));

        Assert.Equal(0, Assert.Single(replica.All<ReadAfter>()).Handled);
    }

    [Fact]
    public void A_list_of_the_new_epoch_counts_whatever_its_version()
    {
        var replica = Live();
        replica.Renewed(Head(version: 40));
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        replica.Receive(replica.Registered(epoch: Epoch + 1, head: Head(version: 1, list: [FirstLife])));

        Assert.Equal([FirstLife], replica.Replica.List);
    }

    [Fact]
    public void A_fence_ends_everything_and_begins_a_new_life()
    {
        var replica = Live();
        replica.Push(0, Head(3, 3), Entry(3, 1));
        var operation = replica.Submit(TestOperation.Emit());
        replica.Replica.TellMembership(TestOperation.Red, member: true, 0);
        var waiter = new TaskCompletionSource();
        replica.Replica.WhenMembershipHolds([TestOperation.Red], waiter);
        replica.Sent.Clear();

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });

        var next = FirstLife.NextIncarnation();
        Assert.Equal([FirstLife], replica.Fences);
        Assert.Equal(next, replica.Replica.Life);
        Assert.False(replica.Replica.IsLive);
        Assert.Equal(["Fenced"], operation.Events);
        Assert.IsType<OperationException>(waiter.Task.Exception!.InnerException);
        Assert.Equal((0, 0, 0, 0L), (replica.Replica.OutboxCount, replica.Replica.RetainedCount, replica.Replica.PendingMemberships, replica.Replica.Handled));
        var register = Assert.IsType<Register>(Assert.Single(replica.Sent));
        Assert.Equal((next, FirstLife, 0L), (register.Life, register.Replaces, register.Epoch));
        Assert.Null(register.History);
    }

    [Fact]
    public void A_late_fence_of_an_earlier_home_does_not_end_a_life_that_is_live_in_a_later_epoch()
    {
        var replica = Live();
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        replica.Receive(replica.Registered(epoch: Epoch + 1));
        var operation = replica.Submit(TestOperation.Emit());

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });

        Assert.True(replica.Replica.IsLive);
        Assert.Empty(replica.Fences);
        Assert.Empty(operation.Events);
    }

    [Fact]
    public void A_late_fence_of_the_home_before_does_not_end_a_life_that_is_on_its_way_to_the_next_one()
    {
        var replica = Live();
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });
        replica.Receive(replica.Registered(epoch: Epoch + 1));

        Assert.True(replica.Replica.IsLive);
        Assert.Empty(replica.Fences);
    }

    [Fact]
    public void A_life_whose_later_home_is_silent_for_a_lease_obeys_an_earlier_one()
    {
        var replica = Live();
        replica.Tick(Options.Patience);

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch - 1 });

        Assert.Equal([FirstLife], replica.Fences);
    }

    [Fact]
    public void A_life_that_an_earlier_home_keeps_refusing_begins_anew_when_the_later_one_is_silent_for_a_lease()
    {
        var replica = Live();
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        replica.Tick(Options.Patience - 1);
        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });
        Assert.Empty(replica.Fences);
        replica.Tick(1);

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });

        Assert.Equal([FirstLife], replica.Fences);
    }

    [Fact]
    public void A_fresh_life_that_an_open_home_of_an_earlier_epoch_refuses_begins_anew_at_once()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });

        Assert.Equal([FirstLife], replica.Fences);
    }

    /// <summary>A home that takes the process for dead refuses each of its lives: they would follow each other without end, as fast as messages go.</summary>
    [Fact]
    public void A_fresh_life_that_the_home_refuses_for_which_it_registered_is_followed_by_the_next_one_after_a_while()
    {
        var replica = new TestReplica();
        replica.Replica.Start(0);
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });
        replica.Sent.Clear();

        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch });
        replica.Tick(Options.RegisterAgainAfter - 1);
        Assert.Equal([FirstLife], replica.Fences);
        Assert.Empty(replica.Sent);
        replica.Tick(1);

        Assert.Equal((FirstLife.NextIncarnation(), 0L), Assert.Single(replica.All<Register>()) is var register ? (register.Life, register.Epoch) : default);
    }

    [Fact]
    public void A_new_life_may_register_for_an_earlier_epoch_than_the_one_before()
    {
        var replica = Live();
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 100 });
        replica.Receive(new Fenced { Life = FirstLife, Epoch = Epoch + 100 });

        replica.Receive(new WrongEpoch { Life = replica.Replica.Life, Epoch = Epoch });
        replica.Receive(replica.Registered());

        Assert.True(replica.Replica.IsLive);
        Assert.Equal(Epoch, replica.Replica.Epoch);
    }

    [Fact]
    public void What_is_meant_for_another_life_is_left_alone()
    {
        var replica = Live();

        replica.Receive(new Fenced { Life = FirstLife.NextIncarnation(), Epoch = Epoch });
        replica.Receive(new WrongEpoch { Life = Other, Epoch = Epoch + 1 });

        Assert.True(replica.Replica.IsLive);
        Assert.Empty(replica.Sent);
    }

    [Fact]
    public void A_link_that_is_back_makes_it_send_again_at_once()
    {
        var replica = Live();
        replica.Submit(TestOperation.Emit());
        var submit = Assert.Single(replica.All<Submit>());
        replica.Sent.Clear();

        replica.Replica.Connected(1);

        Assert.Single(replica.All<Renew>());
        Assert.Same(submit, Assert.Single(replica.All<Submit>()));
    }
}
