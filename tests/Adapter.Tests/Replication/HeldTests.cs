using OrleansAdapter.Replication;
using static OrleansAdapter.Tests.Replication.TestReplica;

namespace OrleansAdapter.Tests.Replication;

/// <summary>PROTOCOL.md, W6: a publish ends when the home says that a second machine has it.</summary>
public sealed class HeldTests
{
    private readonly TestReplica _replica = Live();

    [Fact]
    public void A_publish_ends_when_it_is_held()
    {
        var publish = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 7, 1, Head(7) with { Held = 6 });
        Assert.Equal(["accepted"], publish.Events);

        _replica.Push(0, Head(8));

        Assert.Equal(["accepted", "succeeded"], publish.Events);
    }

    [Fact]
    public void A_head_that_comes_late_speaks_of_what_had_a_number_then()
    {
        var publish = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 7, 1, Head(7) with { Held = 6 });

        _replica.Renewed(Head(6));

        Assert.Equal(["accepted"], publish.Events);
    }

    [Fact]
    public void Requests_do_not_wait_nor_does_what_is_for_the_home_alone()
    {
        var publish = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 7, 1, Head(7) with { Held = 6 });
        var (request, join) = (_replica.Submit(TestOperation.Request()), TestOperation.Join());
        _replica.Accepted(2, 8, 1, Head(8) with { Held = 6 });
        _replica.Submit(join);
        _replica.Accepted(3, 9, 1, Head(9) with { Held = 6 });

        Assert.Equal(["accepted"], publish.Events);
        Assert.Equal(["accepted", "succeeded"], request.Events);
        Assert.Equal(["accepted", "succeeded"], join.Events);
    }

    [Fact]
    public void Where_nobody_says_that_it_is_held_the_home_is_asked_and_then_it_fails_and_may_still_happen()
    {
        var publish = _replica.Submit(TestOperation.Emit());
        _replica.Accepted(1, 7, 1, Head(7) with { Held = 6 });
        _replica.Sent.Clear();

        _replica.Tick(Options.ReadAfterSilence);
        Assert.Single(_replica.All<Renew>());
        _replica.Tick(Options.ReadAfterSilence - 1);
        Assert.Single(_replica.All<Renew>());
        _replica.Tick(Options.OperationTimeout);
        Assert.Equal(["accepted", nameof(OperationFailure.NotHeld)], publish.Events);

        _replica.Renewed(Head(7, stable: 7));
        Assert.Equal(["accepted", nameof(OperationFailure.NotHeld)], publish.Events);
        Assert.Equal(0, _replica.Replica.OutboxCount);
    }

    [Fact]
    public void What_was_held_with_an_earlier_home_is_not_so_with_the_next_one_until_that_says_so()
    {
        _replica.Push(0, Head(9)); // all is held, up to 9
        var publish = _replica.Submit(TestOperation.Emit());

        _replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        var settled = new OperationResult(1, 5, 1, OperationOutcome.Accepted, null);
        _replica.Receive(_replica.Registered(0, Epoch + 1, lastPosition: 1, head: Head(9) with { Held = 4 }, results: settled));
        Assert.Equal(["accepted"], publish.Events);
        _replica.Receive(new Renewed { Life = FirstLife, Epoch = Epoch + 1, Session = Session, Head = Head(9) });

        Assert.Equal(["accepted", "succeeded"], publish.Events);
    }

    [Fact]
    public void What_is_accepted_and_never_comes_here_fails_in_time_as_well_and_may_still_happen()
    {
        var (publish, request) = (TestOperation.Emit(), TestOperation.Request());
        _replica.Replica.Submit(publish, 0);
        _replica.Submit(request);
        _replica.Accepted(1, 7, 2, Head(8, last: 8));

        _replica.Tick(Options.OperationTimeout);
        Assert.Equal(["accepted"], publish.Events);
        Assert.Equal(["accepted"], request.Events);
        _replica.Tick(1);
        _replica.Tick(1);

        Assert.Equal(["accepted", nameof(OperationFailure.TimedOut)], publish.Events);
        Assert.Equal(["accepted", nameof(OperationFailure.TimedOut)], request.Events);
        _replica.Push(0, Head(8, last: 8, stable: 8), Entry(7, 1, FirstLife), Entry(8, 2, FirstLife));
        Assert.Equal(["accepted", nameof(OperationFailure.TimedOut)], publish.Events);
        Assert.Equal([7, 8], _replica.Handled);
        Assert.Equal(0, _replica.Replica.OutboxCount);
    }

    [Fact]
    public void What_has_no_number_any_more_does_not_keep_those_behind_it_from_failing_in_time()
    {
        TestOperation[] all = [.. Enumerable.Range(0, 4).Select(_ => _replica.Submit(TestOperation.Emit()))];
        _replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch + 1 });
        _replica.Receive(_replica.Registered(
            0,
            Epoch + 1,
            lastPosition: 4,
            head: Head(9) with { Held = 4 },
            results:
            [
                new OperationResult(1, 5, 1, OperationOutcome.Accepted, null),
                new OperationResult(2, 0, 0, OperationOutcome.Unknown, null),
                new OperationResult(3, 0, 0, OperationOutcome.Stable, null),
                new OperationResult(4, 6, 4, OperationOutcome.Accepted, null),
            ]));

        _replica.Tick(Options.OperationTimeout + 1);

        Assert.Equal(["accepted", nameof(OperationFailure.NotHeld)], all[0].Events);
        Assert.Equal([nameof(OperationFailure.Merged)], all[1].Events);
        Assert.Equal(["accepted", "succeeded"], all[2].Events);
        Assert.Equal(["accepted", nameof(OperationFailure.NotHeld)], all[3].Events);
    }
}
