using OrleansAdapter.Grains;
using OrleansAdapter.SocketIO.Tests;

namespace OrleansAdapter.Tests.OnOrleans;

/// <summary>What a delivery of entries answers: what was acknowledged when all is handled, or when that takes too long.</summary>
public sealed class DeliveryTests
{
    private static readonly ServerId Life = ServerId.FromBits(0x1001);
    private static readonly ServerId Other = ServerId.FromBits(0x2001);
    private static readonly TimeSpan TooLong = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime _time = new();
    private readonly Delivery _delivery = new(new Push
    {
        Life = Life,
        Epoch = 3,
        Previous = 6,
        Entries = [.. new long[] { 7, 9 }.Select(number => new Entry(number, Other, number, number, Operation.Emit(BroadcastTarget.All, default)))],
    });

    [Fact]
    public async Task What_is_acknowledged_first_waits_for_the_last_entry()
    {
        var answer = _delivery.AnswerAsync(_time, ProtocolVersion.Current);
        Assert.True(_delivery.TryAnswer(Acknowledge(6)));
        Assert.False(answer.IsCompleted);

        Assert.True(_delivery.TryAnswer(Acknowledge(9)));

        Assert.Equal(9, Handled(await answer.InTimeAsync()));
        Assert.False(_delivery.TryAnswer(Acknowledge(10)));
    }

    [Fact]
    public async Task Where_the_rest_takes_too_long_the_answer_is_as_far_as_it_has_come()
    {
        var answer = _delivery.AnswerAsync(_time, ProtocolVersion.Current);
        Assert.True(_delivery.TryAnswer(Acknowledge(7)));
        _time.Advance(TooLong);

        Assert.Equal(7, Handled(await answer.InTimeAsync()));
        Assert.False(_delivery.TryAnswer(Acknowledge(9)));
    }

    [Fact]
    public async Task Where_nothing_is_acknowledged_in_time_it_is_empty()
    {
        var answer = _delivery.AnswerAsync(_time, ProtocolVersion.Current);
        _time.Advance(TooLong);

        Assert.Empty((await answer.InTimeAsync()).Messages);
    }

    [Fact]
    public async Task A_server_that_reads_or_registers_repairs_by_itself()
    {
        Assert.False(_delivery.TryAnswer(new ReadAfter { Life = Life, Epoch = 3, Handled = 5 }));

        Assert.Empty((await _delivery.AnswerAsync(_time, ProtocolVersion.Current)).Messages);
        Assert.False(_delivery.TryAnswer(Acknowledge(9)));
    }

    [Fact]
    public void What_another_life_or_epoch_says_goes_by_itself()
    {
        Assert.False(_delivery.TryAnswer(Acknowledge(9) with { Life = Other }));
        Assert.False(_delivery.TryAnswer(Acknowledge(9) with { Epoch = 4 }));
        Assert.False(_delivery.TryAnswer(new Renew { Life = Life, Epoch = 3, Handled = 9 }));
    }

    private static Acknowledge Acknowledge(long handled) => new() { Life = Life, Epoch = 3, Handled = handled };

    private static long Handled(MailboxBatch answer) => ((Acknowledge)MessageCodec.ReadWorkerMessage(Assert.Single(answer.Messages))).Handled;
}
