using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, H5 steps 1–4: who stays, what everybody remembers together, and what became of the unanswered.</summary>
public sealed class MergeTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly ServerId C = Life(3);

    [Fact]
    public void The_newest_list_of_the_highest_epoch_says_who_stays()
    {
        var merge = Of(
            (A, History(A, C) with { Epoch = 7, ListVersion = 3 }),
            (B, History(A, B, C) with { Epoch = 6, ListVersion = 9 }),
            (C, History(A, B, C) with { Epoch = 7, ListVersion = 2 }));

        Assert.Equal([A, C], merge.Admitted.Select(register => register.Life));
        Assert.Equal([B], merge.Fenced);
    }

    [Fact]
    public void An_older_epoch_is_no_reason_to_end_a_life()
    {
        var merge = Of((A, History(A, B) with { Epoch = 7 }), (B, History(A, B) with { Epoch = 6 }));

        Assert.Equal([A, B], merge.Admitted.Select(register => register.Life));
    }

    [Fact]
    public void Lives_without_a_history_take_no_part()
    {
        var merge = Merge.Of([new Register { Life = A, Epoch = 1 }]);

        Assert.Empty(merge.Admitted);
        Assert.Empty(merge.Fenced);
        Assert.Equal(0, merge.Number);
    }

    [Fact]
    public void Numbers_go_on_behind_all_that_anybody_knows_of()
    {
        var outbox = History(A, B) with { LastPosition = 1, Outbox = [new OutboxItem(1, Emit(Red), 30, 1)] };

        Assert.Equal(10, Of((A, History(A, B) with { Number = 10 }), (B, History(A, B) with { Handled = 9 })).Number);
        Assert.Equal(11, Of((A, History(A, B) with { Number = 10 }), (B, History(A, B) with { Handled = 11 })).Number);
        Assert.Equal(30, Of((A, outbox), (B, History(A, B) with { Number = 29 })).Number);
    }

    [Fact]
    public void What_several_remember_is_one_entry_under_its_old_number()
    {
        var merge = Of(
            (A, History(A, B) with { Retained = [Entry(5, A, 1, 1, Emit(Red)), Entry(8, B, 2, 2, Emit(Blue))] }),
            (B, History(A, B) with { LastPosition = 2, Retained = [Entry(5, A, 1, 1, Emit(Red))], Outbox = [new OutboxItem(2, Emit(Blue), 8, 2)] }));

        Assert.Equal([5, 8], merge.Entries.Select(entry => entry.Number));
        Assert.Equal(new OperationResult(2, 8, 2, OperationOutcome.Accepted, null), merge.Results[(B, 2)]);
    }

    [Fact]
    public void Histories_that_contradict_each_other_are_refused()
    {
        Assert.Throws<HistoryConflictException>(() => Of(
            (A, History(A, B) with { Retained = [Entry(5, A, 1, 1, Emit(Red))] }),
            (B, History(A, B) with { Retained = [Entry(5, B, 1, 1, Emit(Red))] })));
        Assert.Throws<HistoryConflictException>(() => Of(
            (A, History(A, B) with { Retained = [Entry(5, A, 1, 1, Emit(Red))] }),
            (B, History(A, B) with { Retained = [Entry(6, A, 1, 1, Emit(Red))] })));
    }

    [Fact]
    public void Rule_a_an_unanswered_operation_that_somebody_handled_has_its_number()
    {
        var merge = Of(
            (A, History(A, B) with { LastPosition = 3, Outbox = [new OutboxItem(3, Emit(Red), 0, 0)] }),
            (B, History(A, B) with { Retained = [Entry(9, A, 3, 2, Emit(Red))], Seen = [new SeenPosition(A, 3)] }));

        Assert.Equal(new OperationResult(3, 9, 2, OperationOutcome.Accepted, null), merge.Results[(A, 3)]);
        Assert.Empty(merge.New);
    }

    [Fact]
    public void Rule_b_the_place_of_one_that_nobody_handled_follows_from_a_later_one_of_its_batch()
    {
        var merge = Of(
            (A, History(A, B) with
            {
                LastPosition = 6,
                Outbox = [new OutboxItem(4, Emit(Blue), 0, 0), new OutboxItem(5, Operation.Own(Blue, true, 0), 0, 0), new OutboxItem(6, Emit(Red), 0, 0)],
            }),
            (B, History(A, B) with { Retained = [Entry(19, A, 6, 4, Emit(Red))], Seen = [new SeenPosition(A, 6)] }));

        Assert.Equal(new OperationResult(4, 17, 4, OperationOutcome.Accepted, null), merge.Results[(A, 4)]);
        Assert.Equal(new OperationResult(5, 18, 4, OperationOutcome.Accepted, null), merge.Results[(A, 5)]);
        Assert.Equal([17, 19], merge.Entries.Select(entry => entry.Number));
        Assert.Empty(merge.New);
    }

    [Fact]
    public void Rule_c_an_own_join_before_something_that_was_handled_is_covered_by_the_snapshot()
    {
        var merge = Of(
            (A, History(A, B) with { LastPosition = 4, Outbox = [new OutboxItem(4, Operation.Own(Red, true, 0), 0, 0)] }),
            (B, History(A, B) with { Seen = [new SeenPosition(A, 5)] }));

        Assert.Equal(new OperationResult(4, 0, 0, OperationOutcome.Accepted, null), merge.Results[(A, 4)]);
    }

    [Fact]
    public void Rule_d_what_was_handled_and_forgotten_by_all_was_stable()
    {
        var merge = Of(
            (A, History(A, B) with { LastPosition = 4, Outbox = [new OutboxItem(4, Emit(Red), 0, 0)] }),
            (B, History(A, B) with { Seen = [new SeenPosition(A, 4)] }));

        Assert.Equal(new OperationResult(4, 0, 0, OperationOutcome.Stable, null), merge.Results[(A, 4)]);
        Assert.Empty(merge.Entries);
    }

    [Fact]
    public void Rule_e_one_before_a_later_one_of_another_batch_is_unknown()
    {
        var merge = Of(
            (A, History(A, B) with { LastPosition = 5, Outbox = [new OutboxItem(4, Emit(Red), 0, 0), new OutboxItem(5, Emit(Red), 0, 0)] }),
            (B, History(A, B) with { Retained = [Entry(9, A, 5, 5, Emit(Red))], Seen = [new SeenPosition(A, 5)] }));

        Assert.Equal(OperationOutcome.Unknown, merge.Results[(A, 4)].Outcome);
        Assert.Equal(9, merge.Results[(A, 5)].Number);
    }

    [Fact]
    public void Rule_f_what_nobody_has_seen_is_new()
    {
        var merge = Of(
            (A, History(A, B) with { LastPosition = 5, Outbox = [new OutboxItem(4, Emit(Red), 0, 0), new OutboxItem(5, Operation.Own(Red, true, 0), 0, 0)] }),
            (B, History(A, B) with { Seen = [new SeenPosition(A, 3)] }));

        Assert.Equal([(A, 4), (A, 5)], merge.New.Select(item => (item.Life, item.Item.Position)));
        Assert.Empty(merge.Results);
    }

    [Fact]
    public void A_request_is_answered_by_who_holds_it()
    {
        var request = Entry(9, A, 3, 3, Ask(Red));
        var merge = Of(
            (A, History(A, B, C) with { Handled = 9, Retained = [request], Seen = [new SeenPosition(A, 3)] }),
            (B, History(A, B, C) with { Handled = 9, Retained = [request], Seen = [new SeenPosition(A, 3)] }),
            (C, History(A, B, C) with { Handled = 12, Seen = [new SeenPosition(A, 2)] }));

        Assert.Equal([A, B], merge.HoldersOf(request)!);
    }

    [Fact]
    public void Nobody_can_tell_who_answers_a_request_that_one_may_have_forgotten()
    {
        var request = Entry(9, A, 3, 3, Ask(Red));
        var merge = Of(
            (A, History(A, B) with { Handled = 9, Retained = [request], Seen = [new SeenPosition(A, 3)] }),
            (B, History(A, B) with { Handled = 9, Seen = [new SeenPosition(A, 3)] }));

        Assert.Null(merge.HoldersOf(request));
    }

    private static Merge Of(params (ServerId Life, History History)[] histories) =>
        Merge.Of([.. histories.Select(h => new Register { Life = h.Life, Epoch = 1, History = h.History })]);
}
