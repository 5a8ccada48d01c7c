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
}
