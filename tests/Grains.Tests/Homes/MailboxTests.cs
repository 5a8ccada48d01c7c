using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

public sealed class MailboxTests
{
    private static readonly ServerId Publisher = TestHome.Life(1);
    private static readonly HomeOptions Options = new() { BatchEntries = 2 };

    [Fact]
    public void Begins_where_the_life_begins()
    {
        var mailbox = new Mailbox(7);

        Assert.Equal((7, 7, 7), (mailbox.Acknowledged, mailbox.Sent, mailbox.Last));
        Assert.Null(mailbox.Oldest);
        Assert.Null(mailbox.NextBatch(Options, out _));
    }

    [Fact]
    public void Has_two_batches_in_flight_and_each_names_what_it_follows()
    {
        var mailbox = Filled(1, 2, 4, 5, 7);

        Assert.Equal([1, 2], Numbers(mailbox.NextBatch(Options, out var previous)));
        Assert.Equal(0, previous);
        Assert.Equal([4, 5], Numbers(mailbox.NextBatch(Options, out previous)));
        Assert.Equal(2, previous);
        Assert.Null(mailbox.NextBatch(Options, out _));
        mailbox.Acknowledge(1);
        Assert.Null(mailbox.NextBatch(Options, out _));
        mailbox.Acknowledge(2);
        Assert.Equal([7], Numbers(mailbox.NextBatch(Options, out previous)));
        Assert.Equal(5, previous);
        mailbox.Acknowledge(7);
        Assert.False(mailbox.IsInFlight);
    }

    [Fact]
    public void An_acknowledgement_of_both_lets_both_go()
    {
        var mailbox = Filled(1, 2, 3, 4, 5, 6, 7, 8);
        mailbox.NextBatch(Options, out _);
        mailbox.NextBatch(Options, out _);

        mailbox.Acknowledge(4);

        Assert.Equal([5, 6], Numbers(mailbox.NextBatch(Options, out _)));
        Assert.Equal([7, 8], Numbers(mailbox.NextBatch(Options, out _)));
    }

    [Fact]
    public void A_read_sends_again_what_is_not_acknowledged_and_the_next_batch_follows_it()
    {
        var mailbox = Filled(1, 2, 3, 4, 5);
        mailbox.NextBatch(Options, out _);
        mailbox.NextBatch(Options, out _);

        Assert.Equal([1, 2], Numbers(mailbox.ReadBatch(Options)));
        Assert.Equal([1, 2], Numbers(mailbox.ReadBatch(Options)));
        Assert.Null(mailbox.NextBatch(Options, out _));
        mailbox.Acknowledge(2);
        Assert.Equal([3, 4], Numbers(mailbox.NextBatch(Options, out var previous)));
        Assert.Equal(2, previous);
        Assert.Equal([5], Numbers(mailbox.NextBatch(Options, out _)));
    }

    [Fact]
    public void A_read_of_what_has_been_acknowledged_is_empty()
    {
        var mailbox = Filled(1);
        mailbox.NextBatch(Options, out _);
        mailbox.Acknowledge(1);

        Assert.Empty(mailbox.ReadBatch(Options));
        Assert.False(mailbox.IsInFlight);
    }

    [Fact]
    public void Acknowledgements_are_cumulative_and_never_go_back()
    {
        var mailbox = Filled(2, 4, 6);

        mailbox.Acknowledge(5);
        Assert.Equal((5, 6L, 1), (mailbox.Acknowledged, mailbox.Oldest, mailbox.Count));
        mailbox.Acknowledge(3);
        Assert.Equal(5, mailbox.Acknowledged);
        mailbox.Acknowledge(6);
        Assert.Null(mailbox.Oldest);
        Assert.Equal(6, mailbox.Last);
    }

    [Fact]
    public void An_acknowledgement_beyond_what_was_sent_lets_the_rest_go()
    {
        var mailbox = Filled(1, 2, 9);
        mailbox.NextBatch(Options, out _);

        mailbox.Acknowledge(8);

        Assert.Equal([9], Numbers(mailbox.NextBatch(Options, out _)));
    }

    [Fact]
    public void A_batch_is_closed_by_its_bytes_and_an_entry_over_the_limit_travels_alone()
    {
        var size = Emit(Red).Size;
        var options = new HomeOptions { BatchBytes = (2 * size) + 1 };

        Assert.Equal([1, 2], Numbers(Filled(1, 2, 3).NextBatch(options, out _)));
        Assert.Equal([1], Numbers(Filled(1, 2, 3).NextBatch(new HomeOptions { BatchBytes = 1 }, out _)));
    }

    private static Mailbox Filled(params long[] numbers)
    {
        var mailbox = new Mailbox(0);
        foreach (var number in numbers)
        {
            mailbox.Append(Entry(number, Publisher, number, number, Emit(Red)), 0);
        }
        return mailbox;
    }

    private static long[] Numbers(Entry[]? batch) => [.. batch!.Select(entry => entry.Number)];
}
