using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>What waits over all mailboxes: the oldest entry, who holds it, and how far behind that is.</summary>
public sealed class BacklogTests
{
    private readonly Backlog _backlog = new();
    private long _number;

    [Fact]
    public void Nothing_waits_at_first()
    {
        Assert.Equal((0, null, null), (_backlog.Count, _backlog.Oldest, _backlog.Slowest));
        Assert.Equal(0, _backlog.Behind(New(1)));
    }

    [Fact]
    public void How_far_a_life_is_behind_counts_all_that_was_logged_since_its_oldest_entry()
    {
        var (a, b) = (New(1), New(2));
        var size = Emit(Red).Size;
        Append(a);
        Append(b);
        Append(b);

        Assert.Equal((3 * size, 2 * size), (_backlog.Behind(a), _backlog.Behind(b)));
        _backlog.Acknowledge(b, 2);
        Assert.Equal(size, _backlog.Behind(b));
        Append();
        Assert.Equal((4 * size, 2 * size), (_backlog.Behind(a), _backlog.Behind(b)));
    }

    [Fact]
    public void What_is_forgiven_does_not_count()
    {
        var a = New(1);
        Append(a);
        _backlog.Forgive();
        Assert.Equal(0, _backlog.Behind(a));

        Append(a);

        Assert.Equal(Emit(Red).Size, _backlog.Behind(a));
    }

    [Fact]
    public void The_slowest_life_is_the_one_with_the_oldest_entry_whatever_is_appended_acknowledged_and_removed()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var backlog = new Backlog();
            var lives = Enumerable.Range(1, 1 + random.Next(12)).Select(New).ToList();
            long number = 0;
            for (var step = 0; step < 300 && lives.Count > 0; step++)
            {
                var one = lives[random.Next(lives.Count)];
                switch (random.Next(20))
                {
                    case < 9:
                        List<Life> targets = [.. lives.Where(_ => random.Next(3) == 0)];
                        backlog.Append(Entry(++number, one.Id, number, number, Emit(Red)), targets);
                        break;
                    case < 19:
                        backlog.Acknowledge(one, random.NextInt64(one.Mailbox.Acknowledged, number + 1));
                        break;
                    default:
                        backlog.Remove(one);
                        lives.Remove(one);
                        break;
                }
                var oldest = lives.Min(life => life.Mailbox.Oldest);
                Assert.Equal((seed, step, oldest), (seed, step, backlog.Oldest));
                Assert.Equal((seed, step, oldest), (seed, step, backlog.Slowest?.Mailbox.Oldest));
                Assert.Equal((seed, step, lives.Sum(life => life.Mailbox.Count)), (seed, step, backlog.Count));
                Assert.Equal(lives.Select(backlog.Behind).DefaultIfEmpty().Max(), backlog.Slowest is { } slowest ? backlog.Behind(slowest) : 0);
            }
        }
    }

    private static Life New(int number) => new(TestHome.Life(number), number, 0) { Lease = 1 };

    private void Append(params Life[] targets)
    {
        _number++;
        _backlog.Append(Entry(_number, TestHome.Life(9), _number, _number, Emit(Red)), [.. targets]);
    }
}
