namespace OrleansAdapter.Grains.Tests.Servers;

public sealed class ServerListTests
{
    private readonly ServerId _a = ServerId.NewProcess();
    private readonly ServerId _b = ServerId.NewProcess();

    [Fact]
    public void A_server_is_listed_from_its_first_description_with_the_newest_one()
    {
        var bench = new ServersBench();

        bench.Describe(_a);
        bench.Table.Receive(new Describe(new ServerDescription(_a.Process, "renamed", DateTimeOffset.UnixEpoch, 9), 0, 0), bench.Now);

        var listed = Assert.Single(bench.Table.List());
        Assert.Equal(("renamed", 9), (listed.Name, listed.Sockets));
        Assert.Equal([_a.Process], bench.Added);
    }

    [Fact]
    public void A_server_that_falls_silent_leaves_the_list_when_its_lease_ends()
    {
        var bench = new ServersBench();
        bench.Describe(_a);
        bench.Describe(_b);

        bench.Pass(9_000);
        bench.Describe(_b);
        bench.Pass(1_100);

        Assert.Equal(_b.Process, Assert.Single(bench.Table.List()).Process);
        Assert.Equal([(_a.Process, RemovalReason.Lapsed)], bench.Removed);
    }

    [Fact]
    public void A_directory_that_was_paused_ends_no_lease_for_it()
    {
        var bench = new ServersBench();
        bench.Describe(_a);
        bench.Pass(1_000);

        bench.Now += 60_000;
        bench.Table.Tick(bench.Now);
        bench.Pass(8_900);

        Assert.Single(bench.Table.List());
        bench.Pass(200);
        Assert.Empty(bench.Table.List());
    }

    [Fact]
    public void A_dead_server_leaves_the_list_at_once_and_what_is_late_from_it_or_for_it_is_refused()
    {
        var bench = new ServersBench();
        bench.Describe(_a);
        bench.Describe(_b);

        bench.Table.ReportDeath(_a, bench.Now);
        bench.Table.ReportDeath(_a.Process, bench.Now);
        bench.Describe(_a);
        bench.Answer(to: _b, from: _a);
        bench.Answer(to: _a, from: _b);

        Assert.Equal(_b.Process, Assert.Single(bench.Table.List()).Process);
        Assert.Equal([(_a.Process, RemovalReason.Died)], bench.Removed);
        Assert.Equal([AnswerRefusal.Dead, AnswerRefusal.Dead], bench.Refused.Select(refused => refused.Reason));
        Assert.Empty(bench.Sent);
    }

    [Fact]
    public void A_death_is_forgotten_after_a_while()
    {
        var bench = new ServersBench();
        bench.Table.ReportDeath(_a, bench.Now);

        bench.Pass(60_100);
        bench.Describe(_a);

        Assert.Single(bench.Table.List());
    }

    [Fact]
    public void Answers_for_a_server_that_never_describes_itself_are_let_go()
    {
        var bench = new ServersBench();
        bench.Answer(to: _a, from: _b);
        Assert.True(bench.Table.WaitingBytes > 0);

        bench.Pass(61_000);

        Assert.Equal(0, bench.Table.WaitingBytes);
        Assert.Empty(bench.Table.List());
        Assert.Empty(bench.Removed);
    }
}
