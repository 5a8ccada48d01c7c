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

    [Fact]
    public void Time_that_passes_costs_nothing_where_no_lease_can_have_run_out()
    {
        var home = InRed(1_000);

        Assert.Equal(0, Steps(home, () => home.Pass(Options.Lease - 100)));
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
