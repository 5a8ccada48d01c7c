using OrleansAdapter.Replication;
using static OrleansAdapter.Grains.Tests.Homes.TestHome;
using static OrleansAdapter.Grains.Tests.Homes.TestOperations;

namespace OrleansAdapter.Grains.Tests.Homes;

/// <summary>
/// What a home does for one publish, counted: how often it looks at a life or a membership, and what it sends. Counts do not depend on the machine, so a
/// loop over all lives that slips into a publish fails here.
/// </summary>
public sealed class StepsTests
{
    private static readonly ServerId A = Life(1);
    private static readonly ServerId B = Life(2);

    private int _messages;

    [Fact]
    public void A_publish_costs_the_same_however_many_lives_are_known_that_it_does_not_concern()
    {
        var few = Counted(lives: 10);
        var many = Counted(lives: 1_000);

        Assert.Equal(few, many);
        Assert.InRange(few.Steps, 1, 30);
        Assert.Equal(3, few.Messages); // the answer and two pushes
    }

    [Fact]
    public void A_publish_costs_the_same_while_others_have_left_something_unread()
    {
        Assert.InRange(Counted(lives: 1_000, slow: 100).Steps, 1, Counted(lives: 10).Steps + 20);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void A_broadcast_to_all_costs_each_of_them_a_few_steps(int lives)
    {
        var home = InRed(lives);

        var steps = Steps(home, () =>
        {
            home.Submit(A, 2, Emit(Red));
            AcknowledgeAll(home);
        });

        Assert.InRange(steps, lives, 40 * lives);
        Assert.Equal(lives + 1, home.Sent.Count);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void A_remote_join_of_all_costs_each_of_them_a_few_steps(int lives)
    {
        var home = InRed(lives);

        var steps = Steps(home, () =>
        {
            home.Submit(A, 2, RemoteJoin(Red, Blue));
            foreach (var life in home.Home.Lives)
            {
                home.Join(life, life == A ? 3 : 2, Blue, asOf: lives + 1);
            }
            AcknowledgeAll(home);
        });

        Assert.InRange(steps, lives, 60 * lives);
        Assert.Equal(lives, home.Home.Memberships().Count(m => m.Room == Blue && !m.Pending));
    }

    /// <summary>Each that came was told to all that were there: half a million messages for a thousand servers.</summary>
    [Fact]
    public void Servers_that_start_together_are_told_of_each_other_together()
    {
        const int Lives = 1_000;
        var home = With();
        var known = new Dictionary<ServerId, KnownLives>();

        var steps = Steps(home, () =>
        {
            for (var number = 1; number <= Lives; number++)
            {
                known.Add(TestHome.Life(number), new KnownLives());
                home.Register(TestHome.Life(number));
                Pass(home, known, 1);
            }
            Pass(home, known, 2 * Options.ListPause);
        });

        Assert.All(known.Values, each => Assert.Equal(home.Home.Lives, each.List));
        Assert.InRange(_messages, Lives, 12 * Lives);
        Assert.InRange(steps, Lives, 40 * Lives);
    }

    [Fact]
    public void Servers_that_die_together_are_gone_for_the_others_at_once_or_soon()
    {
        const int Lives = 1_000;
        var home = With([.. Enumerable.Range(1, Lives).Select(number => Life(number))]);
        var known = home.Home.Lives.ToDictionary(life => life, _ => new KnownLives());
        foreach (var life in home.Home.Lives)
        {
            home.Renew(life);
        }
        home.Now += Options.ListPause;
        Pass(home, known, 0);
        _messages = 0;

        var steps = Steps(home, () =>
        {
            for (var number = 1; number <= Lives / 2; number++)
            {
                known.Remove(TestHome.Life(number));
                home.Home.ReportDeath(TestHome.Life(number), home.Now);
                Pass(home, known, 1);
                Assert.True(number > 1 || known.Values.All(each => each.List.Count == Lives - 1)); // of one it is told at once
            }
            Pass(home, known, 2 * Options.ListPause);
        });

        Assert.All(known.Values, each => Assert.Equal(home.Home.Lives, each.List));
        Assert.InRange(_messages, Lives / 2, 7 * Lives);
        Assert.InRange(steps, Lives, 20 * Lives);
    }

    [Fact]
    public void Who_is_told_something_else_meanwhile_is_told_of_the_list_with_it()
    {
        var home = With(A);
        home.Register(B);
        home.Sent.Clear();

        home.Register(Life(3));
        Assert.Empty(home.All<Push>(A));
        home.Renew(A);
        Assert.Equal(3, home.Last<Renewed>(A).Head!.List!.Count);
        home.Tick(Options.ListPause);

        Assert.Empty(home.All<Push>(A));
        Assert.Equal(3, Assert.Single(home.All<Push>(B)).Head!.List!.Count);
    }

    /// <summary>Each that registered cost a look at what all before it remember.</summary>
    [Fact]
    public void A_home_that_waits_looks_at_what_each_server_remembers_once()
    {
        const int Lives = 300;
        var lives = Enumerable.Range(1, Lives).Select(TestHome.Life).ToArray();
        var home = new TestHome();
        home.Home.ReportDeath(lives[^1], home.Now);

        var steps = Steps(home, () =>
        {
            foreach (var life in lives[..^2])
            {
                home.Register(life, History(lives));
            }
        });

        Assert.False(home.Home.IsOpen);
        Assert.InRange(steps, (Lives - 2) * Lives, (Lives - 2) * (Lives + 2));
        home.Register(lives[^2], History(lives));
        Assert.True(home.Home.IsOpen);
    }

    [Fact]
    public void Time_that_passes_costs_nothing_where_no_lease_can_have_run_out()
    {
        var home = InRed(1_000);

        Assert.Equal(0, Steps(home, () => home.Pass(Options.Lease - home.Now)));
    }

    /// <summary>Each request that was under way cost a walk over all that every server had seen, which is the square of their number.</summary>
    [Fact]
    public void A_merge_looks_at_what_servers_have_seen_once_and_at_each_server_for_each_request()
    {
        const int Lives = 200;
        const int Requests = 100;
        var lives = Enumerable.Range(1, Lives).Select(TestHome.Life).ToArray();
        var seen = lives.Select(life => new SeenPosition(life, Requests)).ToArray();
        var entries = Enumerable.Range(1, Requests).Select(number => Entry(number, A, number, 1, Ask(Red))).ToArray();
        var outbox = Enumerable.Range(1, Requests).Select(number => new OutboxItem(number, Ask(Red), number, 1)).ToArray();
        var merge = Merge.Of([.. lives.Select(life => new Register
        {
            Life = life,
            Epoch = 1,
            History = History(lives) with
            {
                Handled = Requests,
                Number = Requests,
                Retained = entries,
                Seen = seen,
                LastPosition = life == A ? Requests : 0,
                Outbox = life == A ? outbox : [],
            },
        })]);

        Assert.All(entries, entry => Assert.Equal(Lives, merge.HoldersOf(entry)!.Count));

        Assert.InRange(merge.Steps, Lives * Lives, Lives * (Lives + Requests));
    }

    /// <summary>Lets time pass, and has servers take what the home tells them and name it, as they do.</summary>
    private void Pass(TestHome home, Dictionary<ServerId, KnownLives> known, long milliseconds)
    {
        for (var end = home.Now + milliseconds; ;)
        {
            _messages += home.Sent.Count;
            var told = home.Sent.ToArray();
            home.Sent.Clear();
            foreach (var (to, message) in told)
            {
                if (message.Head is { } head && known.TryGetValue(to, out var lives) && lives.Take(head))
                {
                    home.Receive(
                        new Acknowledge { Life = to, Epoch = home.Home.Epoch, Session = home.SessionOf(to), ListVersion = lives.Version, Handled = 0 });
                }
            }
            if (home.Now == end)
            {
                return;
            }
            home.Now++;
            if (home.Now % 50 == 0)
            {
                home.Home.Tick(home.Now);
            }
        }
    }

    private static (long Steps, int Messages) Counted(int lives, int slow = 0)
    {
        var home = With([.. Enumerable.Range(1, lives).Select(number => Life(number))]);
        home.Join(A, 1, Red);
        home.Join(B, 1, Red);
        for (var number = lives; number > lives - slow; number--)
        {
            home.Join(Life(number), 1, Blue);
        }
        if (slow > 0)
        {
            home.Submit(A, 2, Emit(Blue));
        }
        home.Sent.Clear();
        var first = slow > 0 ? 3 : 2;
        var steps = Steps(home, () =>
        {
            home.Submit(A, first, Emit(Red));
            home.Acknowledge(B, home.Home.Number);
            home.Acknowledge(A, home.Home.Number);
        });
        return (steps, home.Sent.Count);
    }

    private static TestHome InRed(int lives)
    {
        var home = With([.. Enumerable.Range(1, lives).Select(number => Life(number))]);
        foreach (var life in home.Home.Lives)
        {
            home.Join(life, 1, Red);
        }
        home.Sent.Clear();
        return home;
    }

    /// <summary>In an order that is neither that of the lives nor its reverse.</summary>
    private static void AcknowledgeAll(TestHome home)
    {
        foreach (var life in home.Home.Lives.OrderBy(life => life.GetHashCode()))
        {
            home.Acknowledge(life, home.Home.Number);
        }
    }

    private static long Steps(TestHome home, Action action)
    {
        var before = home.Home.Steps;
        action();
        return home.Home.Steps - before;
    }
}
