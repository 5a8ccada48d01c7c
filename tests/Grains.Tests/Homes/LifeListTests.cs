using System.Buffers;
using OrleansAdapter.Replication;
using static OrleansAdapter.Grains.Tests.Homes.TestHome;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>PROTOCOL.md, Head and W4: how a home tells of its list, and what a server makes of that.</summary>
public sealed class LifeListTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);
    private static readonly ServerId C = Life(3);
    private static readonly ServerId D = Life(4);

    [Fact]
    public void Who_has_named_no_version_gets_the_whole_list()
    {
        var list = Opened(A, B, C);
        list.Add(D);

        Assert.Equal([A, B, C, D], list.Since(0).List!);
        Assert.Null(list.Since(0).Changes);
    }

    [Fact]
    public void Who_has_named_a_version_gets_what_has_changed_since()
    {
        var list = Opened(A, B, C);
        list.Remove(B);
        list.Add(D);

        Assert.Equal(3, list.Version);
        Assert.Equal([A, C, D], list.Lives);
        Assert.Equal([new ListChange(B, false), new ListChange(D, true)], list.Since(1).Changes!);
        Assert.Equal([new ListChange(D, true)], list.Since(2).Changes!);
        Assert.Equal((null, null), list.Since(3));
        Assert.Null(list.Since(1).List);
    }

    [Fact]
    public void Changes_that_are_longer_than_the_list_are_not_kept()
    {
        var list = Opened(A, B);
        list.Add(C);
        list.Remove(A);
        list.Remove(B);

        Assert.Equal([C], list.Since(1).List!);
        Assert.Equal([C], list.Since(2).List!);
        Assert.Equal([new ListChange(B, false)], list.Since(3).Changes!);
        Assert.Equal([C], list.Since(99).List!); // no version that there was
    }

    [Fact]
    public void A_server_follows_the_list_whatever_is_lost_repeated_and_out_of_order()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            Follow(new Random(seed), seed);
        }
    }

    [Fact]
    public void Changes_that_begin_behind_what_a_server_has_are_not_taken()
    {
        var known = new KnownLives();
        Assert.False(known.Covers(new Head(0, 0, 0, 1, null, [new ListChange(A, true)])));
        known.Take(new Head(0, 0, 0, 2, [A, B]));

        var later = new Head(0, 0, 0, 4, null, [new ListChange(C, true)]);

        Assert.False(known.Covers(later));
        Assert.False(known.Take(later));
        Assert.Equal(2, known.Version);
        Assert.Equal([A, B], known.List);
    }

    [Fact]
    public void A_change_of_a_long_list_is_told_in_few_bytes()
    {
        const int Lives = 300;
        var home = With([.. Enumerable.Range(1, Lives).Select(number => Life(number))]);
        foreach (var life in home.Home.Lives)
        {
            home.Renew(life, listVersion: Lives);
        }
        home.Sent.Clear();

        home.Home.ReportDeath(Life(7), home.Now);

        Assert.Equal(Lives - 1, home.Sent.Count);
        Assert.InRange(home.Sent.Sum(sent => Encoded(sent.Message)), 1, Lives * 60);
        Assert.All(home.Sent, sent => Assert.Equal([new ListChange(Life(7), false)], sent.Message.Head!.Changes!));
    }

    [Fact]
    public void Lives_that_leave_together_are_told_of_together()
    {
        var home = With(A, B, B.NextIncarnation(), C);

        home.Home.ReportDeath(B, home.Now);

        Assert.Equal([A, C], home.Last<Push>(A).Head!.List!);
        Assert.Equal(2, home.Sent.Count);
    }

    private static LifeList Opened(params ServerId[] lives)
    {
        var list = new LifeList();
        list.Begin(lives);
        return list;
    }

    private static long Encoded(HomeMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Write(output, message);
        return output.WrittenCount;
    }

    /// <summary>The home tells by what it has heard named; what it said arrives in any order, twice or never, and so does what is named.</summary>
    private static void Follow(Random random, int seed)
    {
        var lives = Enumerable.Range(1, 12).Select(number => Life(number)).ToArray();
        var list = Opened([.. lives.Take(random.Next(12))]);
        var truth = new Dictionary<long, IReadOnlyList<ServerId>> { [list.Version] = list.Lives };
        var known = new KnownLives();
        List<Head> heads = [];
        List<long> names = [];
        long heard = 0;
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(6))
            {
                case 0:
                    Change(list, lives[random.Next(lives.Length)]);
                    truth[list.Version] = list.Lives;
                    break;
                case 1:
                    var (whole, changes) = list.Since(heard);
                    heads.Add(new Head(0, 0, 0, list.Version, whole, changes));
                    break;
                case < 4 when heads.Count > 0:
                    var head = heads[random.Next(heads.Count)];
                    var before = known.Version;
                    Assert.True(known.Covers(head), $"seed {seed} step {step}: {head.ListVersion} does not reach back to {before}");
                    Assert.Equal(head.ListVersion > before, known.Take(head));
                    Assert.Equal(Math.Max(before, head.ListVersion), known.Version);
                    Assert.Equal(known.Version == 0 ? [] : truth[known.Version], known.List);
                    break;
                case 4:
                    names.Add(known.Version);
                    break;
                case 5 when names.Count > 0:
                    heard = Math.Max(heard, names[random.Next(names.Count)]);
                    break;
            }
        }
    }

    private static void Change(LifeList list, ServerId life)
    {
        if (list.Lives.Contains(life))
        {
            list.Remove(life);
        }
        else
        {
            list.Add(life);
        }
    }
}
