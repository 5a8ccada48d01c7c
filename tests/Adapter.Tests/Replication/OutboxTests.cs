using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Replication;

public sealed class OutboxTests
{
    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);

    private readonly Outbox _outbox = new(new ReplicaOptions { BatchOperations = 3 });

    [Fact]
    public void Positions_have_no_holes_whatever_the_ring_has_been_through()
    {
        var all = new List<TestOperation>();
        long number = 0;
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                all.Add(Add(TestOperation.Emit()));
            }
            if (round % 4 == 3)
            {
                continue; // let it grow
            }
            var batch = Next()!;
            _outbox.Accept(Accept(batch.First, number + 1, batch.Operations.Count));
            number += batch.Operations.Count;
            _outbox.Finish(number, long.MaxValue, number);
        }

        Assert.Equal(Enumerable.Range(1, 600).Select(i => (long)i), all.Select(o => o.Position));
        Assert.Equal(600, _outbox.LastPosition);
        Assert.Equal(150, _outbox.Count);
        Assert.All(all.Take(450), o => Assert.Equal(["accepted", "succeeded"], o.Events));
        Assert.All(all.Skip(450), o => Assert.Empty(o.Events));
    }

    [Fact]
    public void One_batch_is_in_flight_at_a_time()
    {
        Add(TestOperation.Emit());
        Assert.Equal(1, Next()!.First);
        Add(TestOperation.Emit());

        Assert.Null(Next());
        _outbox.Accept(Accept(1, 5, 1));

        var next = Next()!;
        Assert.Equal((2, 1), (next.First, next.Operations.Count));
        Assert.Null(Next());
    }

    [Fact]
    public void A_batch_ends_at_its_limit_of_operations_or_of_bytes()
    {
        for (var i = 0; i < 4; i++)
        {
            Add(TestOperation.Emit());
        }
        Assert.Equal(3, Next()!.Operations.Count);

        var size = TestOperation.Emit(100).Operation.Size;
        var small = new Outbox(new ReplicaOptions { BatchBytes = (2 * size) + 1 });
        foreach (var bytes in new[] { 100, 100, 100, 1_000, 1 })
        {
            small.Add(TestOperation.Emit(bytes), 0);
        }
        var counts = new List<int>();
        for (long number = 1; small.NextBatch(Life, 1, 1, 0, 0) is { } batch; number += batch.Operations.Count)
        {
            counts.Add(batch.Operations.Count);
            small.Accept(Accept(batch.First, number, batch.Operations.Count));
        }
        Assert.Equal([2, 1, 1, 1], counts);
    }

    [Fact]
    public void An_overdue_batch_is_sent_again_unchanged()
    {
        Add(TestOperation.Emit());
        var batch = Next(now: 100);
        Add(TestOperation.Emit());

        Assert.Null(_outbox.Overdue(1_099, 1_000));
        Assert.Same(batch, _outbox.Overdue(1_100, 1_000));
        Assert.Null(_outbox.Overdue(1_101, 1_000));
        Assert.Same(batch, _outbox.Overdue(1_101, 0));
    }

    [Fact]
    public void Only_the_answer_to_the_batch_in_flight_counts()
    {
        var operation = Add(TestOperation.Emit());
        Assert.False(_outbox.Accept(Accept(1, 5, 1)));
        Next();

        Assert.False(_outbox.Accept(Accept(2, 5, 1)));
        Assert.Empty(operation.Events);
        Assert.True(_outbox.Accept(Accept(1, 5, 1)));
        Assert.False(_outbox.Accept(Accept(1, 5, 1)));
        Assert.Equal((5, 1), (operation.Number, operation.Run));
    }

    [Fact]
    public void An_operation_ends_when_this_server_has_handled_all_up_to_it()
    {
        var (first, second) = (Add(TestOperation.Emit()), Add(TestOperation.Emit()));
        Next();
        _outbox.Accept(Accept(1, 7, 2));
        _outbox.Finish(handled: 6, held: long.MaxValue, stable: 0);
        Assert.Equal(["accepted"], first.Events);

        _outbox.Finish(handled: 7, held: long.MaxValue, stable: 0);
        Assert.Equal(["accepted", "succeeded"], first.Events);
        Assert.Equal(["accepted"], second.Events);
        Assert.Equal(2, _outbox.Count);
    }

    [Fact]
    public void It_is_kept_until_it_is_stable()
    {
        Add(TestOperation.Emit());
        Next();
        _outbox.Accept(Accept(1, 7, 1));

        _outbox.Finish(handled: 9, held: long.MaxValue, stable: 6);
        Assert.Equal(new OutboxItem(1, _outbox.Items()[0].Operation, 7, 1), Assert.Single(_outbox.Items()));
        _outbox.Finish(handled: 9, held: long.MaxValue, stable: 7);
        Assert.Equal(0, _outbox.Count);
        Assert.Equal(1, _outbox.LastPosition);
    }

    [Fact]
    public void Own_membership_ends_with_its_answer_and_is_not_told_in_a_history_any_more()
    {
        var emit = Add(TestOperation.Emit());
        var join = Add(TestOperation.Join());
        Next();
        _outbox.Accept(Accept(1, 7, 2));

        Assert.Equal(["accepted", "succeeded"], join.Events);
        Assert.Equal(["accepted"], emit.Events);
        Assert.Equal([1], _outbox.Items().Select(item => item.Position));
    }

    [Fact]
    public void The_targets_of_requests_reach_their_requests()
    {
        var (emit, first, second) = (Add(TestOperation.Emit()), Add(TestOperation.Request()), Add(TestOperation.Request()));
        Next();

        _outbox.Accept(Accept(1, 7, 3) with { Targets = [new RequestTargets(2, [Life]), new RequestTargets(3, [Other])] });

        Assert.Null(emit.Targets);
        Assert.Equal([Life], first.Targets!);
        Assert.Equal([Other], second.Targets!);
    }

    [Fact]
    public void A_merge_settles_what_was_unanswered()
    {
        var operations = Enumerable.Range(0, 5).Select(_ => Add(TestOperation.Emit())).ToArray();
        Next();

        _outbox.Settle(
            [
                new OperationResult(1, 11, 1, OperationOutcome.Accepted, null),
                new OperationResult(2, 0, 0, OperationOutcome.Stable, null),
                new OperationResult(3, 0, 0, OperationOutcome.Unknown, null),
                new OperationResult(4, 12, 4, OperationOutcome.Accepted, null),
            ],
            lastPosition: 4);
        _outbox.Finish(handled: 11, held: long.MaxValue, stable: 0);

        Assert.Equal(["accepted", "succeeded"], operations[0].Events);
        Assert.Equal(["accepted", "succeeded"], operations[1].Events);
        Assert.Equal(["Merged"], operations[2].Events);
        Assert.Equal(["accepted"], operations[3].Events);
        Assert.Equal([1, 4, 5], _outbox.Items().Select(item => item.Position));
        Assert.Equal(5, Next()!.First);
    }

    [Fact]
    public void A_merge_of_what_has_ended_before_changes_nothing_of_it()
    {
        var operation = Add(TestOperation.Emit());
        Next();
        _outbox.Accept(Accept(1, 7, 1));
        _outbox.Finish(handled: 7, held: long.MaxValue, stable: 0);

        _outbox.Settle([new OperationResult(1, 7, 1, OperationOutcome.Accepted, null)], lastPosition: 1);
        _outbox.Finish(handled: 7, held: long.MaxValue, stable: 7);

        Assert.Equal(["accepted", "succeeded", "accepted"], operation.Events);
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void What_waits_too_long_fails_and_stays()
    {
        var old = Add(TestOperation.Emit(), now: 0);
        var young = Add(TestOperation.Emit(), now: 10);

        _outbox.FailBefore(5, OperationFailure.TimedOut);
        _outbox.FailBefore(5, OperationFailure.TimedOut);

        Assert.Equal(["TimedOut"], old.Events);
        Assert.Empty(young.Events);
        Assert.Equal(2, Next()!.Operations.Count);
        _outbox.Accept(Accept(1, 7, 2));
        _outbox.Finish(handled: 8, held: long.MaxValue, stable: 8);
        Assert.Equal(["TimedOut", "accepted"], old.Events);
        Assert.Equal(["accepted", "succeeded"], young.Events);
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void A_fence_fails_what_has_not_ended_and_begins_again_at_one()
    {
        var (ended, open) = (Add(TestOperation.Emit()), Add(TestOperation.Emit()));
        Next();
        _outbox.Accept(Accept(1, 7, 2));
        _outbox.Finish(handled: 7, held: long.MaxValue, stable: 0);

        _outbox.Clear(OperationFailure.Fenced);

        Assert.Equal(["accepted", "succeeded"], ended.Events);
        Assert.Equal(["accepted", "Fenced"], open.Events);
        Assert.Equal((0, 0), (_outbox.Count, _outbox.LastPosition));
        Assert.Equal(1, Add(TestOperation.Emit()).Position);
        Assert.Equal(1, Next()!.First);
    }

    private TestOperation Add(TestOperation operation, long now = 0)
    {
        _outbox.Add(operation, now);
        return operation;
    }

    private Submit? Next(long now = 0) => _outbox.NextBatch(Life, epoch: 1, session: 2, listVersion: 3, now);

    private static Accepted Accept(long first, long number, int count) =>
        new() { Life = Life, Epoch = 1, First = first, FirstNumber = number, Count = count, Targets = [] };
}
