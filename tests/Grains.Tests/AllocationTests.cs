using System.Buffers;
using OrleansAdapter.Grains.Tests.Homes;
using OrleansAdapter.Grains.Tests.Servers;
using OrleansAdapter.Testing;
using static OrleansAdapter.Grains.Tests.Homes.TestHome;

namespace OrleansAdapter.Grains.Tests;

/// <summary>
/// What the directory's hot paths allocate, in bytes for each operation: time depends on the machine, this does not. A limit that is exceeded is a
/// regression to be looked at.
/// </summary>
public sealed class AllocationTests
{
    private const int Operations = 1000;
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly Room Red = Room.Named("red");
    private static readonly Operation Packet = Operation.Emit(BroadcastTarget.Of(Red), new byte[200]);

    [Fact]
    public void A_publish_allocates_its_entry_and_the_messages_about_it() => Assert.InRange(OfPublishing(lives: 2), 1, 1600);

    [Fact]
    public void A_publish_allocates_as_much_where_many_lives_are_known_that_it_does_not_concern() =>
        Assert.Equal(OfPublishing(lives: 10), OfPublishing(lives: 1000));

    [Fact]
    public void A_home_whose_leases_all_run_allocates_nothing_as_time_passes()
    {
        var home = With([.. Enumerable.Range(1, 1000).Select(number => Life(number))]);

        Assert.Equal(0, Enumerable.Range(0, Allocated.Runs).Min(_ => OfTicks()));
        Assert.Empty(home.Removals);

        long OfTicks()
        {
            long bytes = 0;
            for (var i = 0; i < Operations; i++)
            {
                if (i % 100 == 0)
                {
                    Array.ForEach([.. home.Home.Lives], life => home.Renew(life));
                }
                var before = GC.GetAllocatedBytesForCurrentThread();
                home.Tick(50);
                bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            return bytes;
        }
    }

    [Fact]
    public void A_list_of_servers_whose_leases_all_run_allocates_nothing_as_time_passes()
    {
        var bench = new ServersBench();
        for (var number = 1; number <= 1000; number++)
        {
            bench.Describe(Life(number));
        }
        bench.Answer(A, B);

        Assert.Equal(0, Allocated.ByEach(Operations, () => bench.Tick(0)));
        Assert.Empty(bench.Removed);
    }

    [Fact]
    public void A_mailbox_allocates_batches_only()
    {
        var mailbox = new Mailbox(0);
        var entries = Enumerable.Range(1, 8 * Operations).Select(number => new Entry(number, A, number, number, Packet)).ToArray();
        var next = 0;

        var bytes = Allocated.ByEach(Operations, () =>
        {
            mailbox.Append(entries[next], next);
            mailbox.Append(entries[next + 1], next);
            next += 2;
            mailbox.NextBatch(TestHome.Options, out _);
            mailbox.Acknowledge(next);
        });

        Assert.InRange(bytes, 1, 48);
    }

    [Fact]
    public void Writing_a_message_allocates_nothing()
    {
        var push = Push(10);
        var output = new ArrayBufferWriter<byte>(1 << 16);

        var bytes = Allocated.ByEach(Operations, () =>
        {
            output.ResetWrittenCount();
            MessageCodec.Write(output, push);
        });

        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Reading_a_message_allocates_what_is_in_it_without_the_packets_bytes()
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Write(output, Push(10));

        var bytes = Allocated.ByEach(Operations, () => MessageCodec.ReadHomeMessage(output.WrittenMemory));

        Assert.InRange(bytes, 1, 10 * 360);
    }

    private static long OfPublishing(int lives)
    {
        var home = With([.. Enumerable.Range(1, lives).Select(number => Life(number))]);
        home.Join(A, 1, Red);
        home.Join(B, 1, Red);
        home.Sent.EnsureCapacity(8 * Operations);
        var position = 2L;
        return Allocated.ByEach(Operations, () =>
        {
            home.Submit(A, position++, Packet);
            home.Acknowledge(A, home.Home.Number);
            home.Acknowledge(B, home.Home.Number);
        });
    }

    private static Push Push(int entries) => new()
    {
        Life = A,
        Epoch = 1,
        Session = 1,
        Head = new Head(1, 1, 1, 1, null),
        Previous = 0,
        Entries = [.. Enumerable.Range(1, entries).Select(number => new Entry(number, B, number, number, Packet))],
    };
}
