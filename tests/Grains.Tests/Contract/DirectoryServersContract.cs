namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>The list of servers, the answers between them, and their deaths. Derive it for each kind of directory.</summary>
public abstract class DirectoryServersContract : DirectorySuite
{
    [Fact]
    public async Task A_server_that_describes_itself_is_listed_for_everybody()
    {
        var first = await Cluster.NewServerAsync();
        var second = await Cluster.NewServerAsync();

        await first.DescribeAsync();
        var listed = await second.Directory.ServersAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            new ServerDescription(first.Life.Process, $"test {first.Life}", DateTimeOffset.UnixEpoch, 5, $"unix:/{first.Life}"), Assert.Single(listed));
    }

    [Fact]
    public async Task A_server_that_resigns_leaves_the_list_and_all_rooms_at_once_and_what_it_said_before_arrives()
    {
        var (witness, leaver) = await TwoAsync();
        var living = await witness.RegisterAsync("/");
        await living.JoinAsync("a");
        var leaving = await leaver.RegisterAsync("/");
        await leaving.JoinAsync("a");
        await leaving.PublishAsync("a", "goodbye");

        await leaver.Directory.ReportDeathAsync(leaver.Life.Process, TestContext.Current.CancellationToken).InTimeAsync();

        Assert.Equal(["goodbye"], await living.TakeTextsAsync(1));
        await living.RenewAsync();
        Assert.Equal([living.Id], living.List.Lives);
        var servers = await witness.Directory.ServersAsync(TestContext.Current.CancellationToken);
        Assert.Equal([witness.Life.Process], servers.Select(server => server.Process));
    }

    [Fact]
    public async Task An_answer_reaches_the_server_that_asked()
    {
        var (asker, other) = await TwoAsync();

        other.Directory.Send(AnswerOf(asker, other, part: 3, "the answer"));
        var answers = await asker.AnswersAsync();

        var answer = Assert.Single(answers.Items);
        Assert.Equal((0L, asker.Life, other.Life, 42L, 3), (answers.Previous, answer.To, answer.From, answer.Request, answer.Part));
        Assert.Equal("the answer"u8.ToArray(), answer.Body.ToArray());
        Assert.Null(answer.Error);
    }

    [Fact]
    public async Task An_error_reaches_the_server_that_asked()
    {
        var (asker, other) = await TwoAsync();

        other.Directory.Send(new Answer(asker.Life, other.Life, 1, 0, true, "it failed", default));

        Assert.Equal("it failed", Assert.Single((await asker.AnswersAsync()).Items).Error);
    }

    [Fact]
    public async Task Answers_go_on_when_the_ones_before_are_acknowledged()
    {
        var (asker, other) = await TwoAsync();
        other.Directory.Send(AnswerOf(asker, other, 0, "first"));
        var first = await asker.AnswersAsync();
        other.Directory.Send(AnswerOf(asker, other, 1, "second"));

        asker.Directory.Send(new AcknowledgeAnswers(asker.Life.Process, first.Session, 1));
        var second = await NextAfterAsync(asker, first.Session, handled: 1);

        Assert.Equal((first.Session, 1L, 1), (second.Session, second.Previous, second.Items[0].Part));
    }

    [Fact]
    public async Task Answers_that_were_lost_come_again_when_a_description_shows_it()
    {
        var (asker, other) = await TwoAsync();
        other.Directory.Send(AnswerOf(asker, other, 0, "first"));
        var lost = await asker.AnswersAsync();

        asker.Describe(lost.Session, handled: 0);
        var again = await asker.AnswersAsync();

        Assert.Equal((lost.Session, lost.Previous), (again.Session, again.Previous));
        Assert.Equal("first"u8.ToArray(), again.Items[0].Body.ToArray());
    }

    [Fact]
    public async Task A_dead_server_leaves_the_list_and_all_rooms_at_once_and_the_others_are_told()
    {
        var (witness, victim) = await TwoAsync();
        var living = await witness.RegisterAsync("/");
        var dead = await victim.RegisterAsync("/");
        await dead.JoinAsync("a");

        await Cluster.ReportDeathAsync(victim.Life);
        await Cluster.ReportDeathAsync(victim.Life);
        var servers = await witness.Directory.ServersAsync(TestContext.Current.CancellationToken);
        await living.PublishAsync("a", "for nobody");
        await living.RenewAsync();

        Assert.Equal([witness.Life.Process], servers.Select(server => server.Process));
        Assert.Equal([living.Id], living.List.Lives);
        Assert.Equal(living.Handled, (await living.RenewAsync()).Head!.Last);
    }

    [Fact]
    public async Task What_is_late_from_a_dead_server_is_refused()
    {
        var (witness, victim) = await TwoAsync();
        var living = await witness.RegisterAsync("/");
        await living.JoinAsync("a");
        var dead = await victim.RegisterAsync("/");

        await Cluster.ReportDeathAsync(victim.Life);

        // The late messages come over another server's link: the dead one's may be closed.
        var messenger = await Cluster.NewServerAsync();
        messenger.Directory.Send(
            "/", new Submit { Life = dead.Id, Epoch = dead.Epoch, Session = dead.Session, First = 1, Operations = [TestLife.Emit("a", "late")] });
        messenger.Directory.Send("/", new Register { Life = dead.Id, Epoch = dead.Epoch });
        messenger.Directory.Send(new Describe(new ServerDescription(victim.Life.Process, "late", DateTimeOffset.UnixEpoch, 0), 0, 0));
        var carrier = await messenger.RegisterAsync("/");
        await carrier.PublishAsync("a", "in time");
        await messenger.DescribeAsync();

        Assert.Equal(["in time"], await living.TakeTextsAsync(1));
        await living.RenewAsync();
        Assert.DoesNotContain(dead.Id, living.List.Lives);
        Assert.DoesNotContain(await witness.Directory.ServersAsync(TestContext.Current.CancellationToken), server => server.Process == victim.Life.Process);
    }

    [Fact]
    public async Task Asking_with_a_token_that_is_cancelled_ends_at_once()
    {
        var server = await Cluster.NewServerAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Directory.ServersAsync(new CancellationToken(canceled: true)));
    }

    private static Answer AnswerOf(TestServer asker, TestServer other, int part, string text) =>
        new(asker.Life, other.Life, 42, part, false, null, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>The first answers after a number; those that come again are passed over.</summary>
    private static async Task<Answers> NextAfterAsync(TestServer asker, long session, long handled)
    {
        while (true)
        {
            var answers = await asker.AnswersAsync();
            if (answers.Session == session && answers.Previous >= handled)
            {
                return answers;
            }
        }
    }

    private async Task<(TestServer First, TestServer Second)> TwoAsync()
    {
        var first = await Cluster.NewServerAsync();
        var second = await Cluster.NewServerAsync();
        await first.DescribeAsync();
        await second.DescribeAsync();
        return (first, second);
    }
}
