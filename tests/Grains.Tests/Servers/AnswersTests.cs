namespace OrleansAdapter.Grains.Tests.Servers;

public sealed class AnswersTests
{
    private readonly ServerId _asker = ServerId.NewProcess();
    private readonly ServerId _other = ServerId.NewProcess();

    [Fact]
    public void Answers_are_numbered_from_one_within_a_session_and_go_out_one_batch_at_a_time()
    {
        var bench = new ServersBench();
        bench.Describe(_asker);

        bench.Answer(_asker, _other, part: 0, last: false);
        bench.Answer(_asker, _other, part: 1, last: false);
        bench.Answer(_asker, _other, part: 2);
        var first = bench.TakeOne();
        bench.Acknowledge(_asker, first.Session, 1);
        var second = bench.TakeOne();

        Assert.NotEqual(0, first.Session);
        Assert.Equal((0, new[] { 0 }), (first.Previous, first.Items.Select(item => item.Part).ToArray()), PairComparer);
        Assert.Equal((1, new[] { 1, 2 }), (second.Previous, second.Items.Select(item => item.Part).ToArray()), PairComparer);
        Assert.Equal(first.Session, second.Session);
    }

    [Fact]
    public void Acknowledging_is_cumulative_and_more_than_was_sent_or_of_another_session_is_harmless()
    {
        var bench = new ServersBench();
        bench.Describe(_asker);
        bench.Answer(_asker, _other, part: 0);
        var session = bench.TakeOne().Session;
        bench.Answer(_asker, _other, part: 1);

        bench.Acknowledge(_asker, session + 1, 1);
        Assert.Empty(bench.Sent);
        bench.Acknowledge(_asker, session, 1);
        Assert.Equal(1, bench.TakeOne().Items.Single().Part);
        bench.Acknowledge(_asker, session, 99);
        bench.Answer(_asker, _other, part: 2);

        var last = bench.TakeOne();
        Assert.Equal((2, 2), ((int)last.Previous, last.Items.Single().Part));
    }

    [Fact]
    public void A_description_that_shows_a_gap_brings_what_is_missing_again()
    {
        var bench = new ServersBench();
        bench.Describe(_asker);
        bench.Answer(_asker, _other, part: 0);
        var first = bench.TakeOne();
        bench.Answer(_asker, _other, part: 1);
        bench.Acknowledge(_asker, first.Session, 1);
        bench.Sent.Clear(); // the second one is lost on its way

        bench.Describe(_asker, first.Session, handled: 1);

        var again = bench.TakeOne();
        Assert.Equal((first.Session, 1, 1), (again.Session, (int)again.Previous, again.Items.Single().Part));
    }

    [Fact]
    public void A_server_that_names_another_session_gets_all_that_waits_from_its_start()
    {
        var bench = new ServersBench();
        bench.Answer(_asker, _other, part: 0);
        bench.Answer(_asker, _other, part: 1);
        Assert.Empty(bench.Sent);

        bench.Describe(_asker, session: 12345, handled: 77);

        var all = bench.TakeOne();
        Assert.Equal((0, new[] { 0, 1 }), (all.Previous, all.Items.Select(item => item.Part).ToArray()), PairComparer);
    }

    [Fact]
    public void A_batch_is_closed_at_its_size_and_a_larger_answer_travels_alone()
    {
        var bench = new ServersBench(new ServersOptions { BatchBytes = 1000 });
        foreach (var bytes in new[] { 300, 300, 300, 5000, 10 })
        {
            bench.Answer(_asker, _other, bytes: bytes);
        }

        List<int[]> batches = [];
        bench.Describe(_asker);
        while (bench.Sent.Count > 0)
        {
            var batch = bench.TakeOne();
            batches.Add([.. batch.Items.Select(item => item.Body.Length)]);
            bench.Acknowledge(_asker, batch.Session, batch.Previous + batch.Items.Count);
        }

        Assert.Equal([[300, 300], [300], [5000], [10]], batches);
        Assert.Equal(0, bench.Table.WaitingBytes);
    }

    [Fact]
    public void A_part_over_the_bound_is_refused_by_an_error_in_its_place_and_then_dropped()
    {
        var bench = new ServersBench(new ServersOptions { AnswersLimit = 16_000 });
        bench.Answer(_asker, _other, part: 0, last: false, bytes: 10_000);
        bench.Answer(_asker, _other, part: 1, last: false, bytes: 10_000);
        for (var part = 2; part < 100; part++)
        {
            bench.Answer(_asker, _other, part, last: false, bytes: 10_000);
        }

        bench.Describe(_asker);
        var batch = bench.TakeOne();

        Assert.Null(batch.Items[0].Error);
        Assert.Equal((1, true, 0), (batch.Items[1].Part, batch.Items[1].Last, batch.Items[1].Body.Length));
        Assert.Contains("16000 bytes", batch.Items[1].Error);
        Assert.Equal(AnswerRefusal.Overflow, bench.Refused[0].Reason);
        Assert.Equal(AnswerRefusal.Dropped, bench.Refused[^1].Reason);
        Assert.InRange(bench.Table.WaitingBytes, 10_000, 17_000);
    }

    [Fact]
    public void An_answer_that_nobody_takes_expires_into_an_error_under_the_same_number()
    {
        var bench = new ServersBench(new ServersOptions { AnswerLife = 5_000 });
        bench.Describe(_asker);
        bench.Answer(_asker, _other, part: 0, bytes: 50_000);
        var session = bench.TakeOne().Session;
        bench.Pass(4_000);
        bench.Answer(_asker, _other, part: 1, last: false, bytes: 50_000);

        bench.Pass(2_000);
        bench.Describe(_asker, session);

        var batch = bench.TakeOne();
        Assert.Equal(0, batch.Previous);
        Assert.Contains("expired", batch.Items[0].Error);
        Assert.Equal((true, 0), (batch.Items[0].Last, batch.Items[0].Body.Length));
        Assert.Null(batch.Items[1].Error);
        Assert.Equal(0, Assert.Single(bench.Refused).Answer.Part);

        bench.Pass(4_000);
        bench.Describe(_asker, session, handled: 1);
        Assert.Equal(1, bench.Refused[1].Answer.Part);
    }

    [Fact]
    public void Whatever_is_lost_or_repeated_every_answer_arrives_once_and_in_order()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var bench = new ServersBench(new ServersOptions { BatchBytes = 500 });
            List<int> got = [];
            long session = 0;
            long handled = 0;
            for (int step = 0, next = 0; next < 40 || got.Count < 40; step++)
            {
                Assert.True(step < 5_000, $"seed {seed}: stuck at {got.Count}");
                if (next < 40 && random.Next(2) == 0)
                {
                    bench.Answer(_asker, _other, next++);
                }
                if (random.Next(10) == 0)
                {
                    bench.Describe(_asker, session, handled);
                }
                var sent = bench.Sent.ToArray();
                bench.Sent.Clear();
                foreach (var (_, batch) in sent.Where(_ => random.Next(3) > 0).SelectMany(one => random.Next(4) == 0 ? [one, one] : new[] { one }))
                {
                    (session, handled) = session == batch.Session ? (session, handled) : (batch.Session, batch.Previous);
                    if (batch.Previous <= handled)
                    {
                        got.AddRange(batch.Items.Skip((int)(handled - batch.Previous)).Select(item => item.Part));
                        handled = Math.Max(handled, batch.Previous + batch.Items.Count);
                    }
                    if (random.Next(3) > 0)
                    {
                        bench.Acknowledge(_asker, session, handled);
                    }
                }
            }
            Assert.True(got.SequenceEqual(Enumerable.Range(0, 40)), $"seed {seed}: {string.Join(',', got)}");
        }
    }

    private static bool PairComparer((long, int[]) left, (long, int[]) right) => left.Item1 == right.Item1 && left.Item2.SequenceEqual(right.Item2);

    [Fact]
    public void A_server_that_names_another_session_learns_of_this_one_even_where_nothing_waits()
    {
        var bench = new ServersBench();
        bench.Describe(_asker);
        var (_, first) = Assert.Single(bench.Sessions);
        bench.Describe(_asker, first, 0);
        Assert.Single(bench.Sessions); // it knows

        bench.Pass(20_000); // taken for dead: what waited for it is gone, and so is its session
        bench.Describe(_asker, first, 0);
        Assert.NotEqual(first, bench.Sessions[1].Session);
    }
}
