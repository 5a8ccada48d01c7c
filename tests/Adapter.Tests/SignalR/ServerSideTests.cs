using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>What servers say to each other.</summary>
public abstract class ServerSideTests(TestCluster cluster) : HubSuite(cluster)
{
    [Fact]
    public async Task Servers_send_each_other_events_in_order_and_answer_once_each()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        List<int> heard = [];
        a.Namespace.OnServerSideEmit("count", _ => throw new InvalidOperationException("The sender is no other server."));
        b.Namespace.OnServerSideEmit("count", e =>
        {
            heard.Add(e.Argument<int>(0));
            Assert.Equal(a.Namespace.Life, e.Sender);
            return Task.FromResult<object?>("b");
        });
        c.Namespace.OnServerSideEmit("count", _ => throw new InvalidDataException("not today"));
        for (var i = 0; i < 100; i++)
        {
            await a.Namespace.ServerSideEmitAsync("count", i).InTimeAsync();
        }
        var answers = (await a.Namespace.ServerSideEmitWithAckAsync<string>("count", null, 100).InTimeAsync()).ToDictionary(answer => answer.Server);
        Assert.Equal(2, answers.Count);
        Assert.Equal(("b", null), (answers[b.Namespace.Life].Value, answers[b.Namespace.Life].Error));
        Assert.Contains("not today", answers[c.Namespace.Life].Error, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 101), heard);
        await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.ServerSideEmitAsync("connection"));
        Assert.Contains(c.Log.Lines, line => line.Exception is InvalidDataException);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_an_event_in_time_is_named_and_the_others_answers_are_there()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        b.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>(1));
        c.Namespace.OnServerSideEmit("ask", _ => new TaskCompletionSource<object?>().Task);
        var asked = a.Namespace.ServerSideEmitWithAckAsync<int>("ask", TimeSpan.FromHours(1));
        await InTime.UntilAsync(() => a.Directory.AnswersOf(b.Namespace.Life) > 0);
        await a.Namespace.Emit("said", "behind it in the order, so it is known whom it went to").InTimeAsync();
        a.Time.Pass(TimeSpan.FromHours(1));
        var error = await Assert.ThrowsAsync<ServerSideTimeoutException<int>>(() => asked.InTimeAsync());
        Assert.Equal(c.Namespace.Life, Assert.Single(error.Missing));
        Assert.Equal((b.Namespace.Life, 1), (Assert.Single(error.Answers).Server, error.Answers[0].Value));
    }

    [Fact]
    public async Task A_server_that_dies_is_named_and_not_waited_for()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        b.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>(1));
        c.Namespace.OnServerSideEmit("ask", _ =>
        {
            reached.SetResult();
            return new TaskCompletionSource<object?>().Task;
        });
        var dead = c.Namespace.Life;   // it takes another once it hears of its death
        var asked = a.Namespace.ServerSideEmitWithAckAsync<int>("ask", TimeSpan.FromMinutes(10));
        await reached.Task.InTimeAsync();
        c.Directory.IsCutOff = true;
        await Cluster.ReportDeathAsync(c.This.Process).InTimeAsync();
        var answers = (await asked.InTimeAsync()).ToDictionary(answer => answer.Server);
        Assert.Equal(2, answers.Count);
        Assert.Equal((1, null), (answers[b.Namespace.Life].Value, answers[b.Namespace.Life].Error));
        Assert.Contains("died", answers[dead].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_used_is_that_servers_failure()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync(options => options.MaximumAnswerSize = 100));
        var d = await ServerAsync();
        b.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>("no number"));
        c.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>(new string('7', 1_000)));
        d.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>((Action)(() => { })));
        var answers = (await a.Namespace.ServerSideEmitWithAckAsync<int>("ask").InTimeAsync()).ToDictionary(answer => answer.Server, answer => answer.Error);
        Assert.Contains("Int32", answers[b.Namespace.Life], StringComparison.Ordinal);
        Assert.Contains("MaximumAnswerSize", answers[c.Namespace.Life], StringComparison.Ordinal);
        Assert.Contains("NotSupportedException", answers[d.Namespace.Life], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_hangs_holds_up_the_others_no_longer_than_requests_wait()
    {
        var a = await ServerAsync();
        var b = await ServerAsync(options => options.RequestsTimeout = TimeSpan.FromMilliseconds(200));
        b.Namespace.OnServerSideEmit("hang", _ => new TaskCompletionSource<object?>().Task);
        b.Namespace.OnServerSideEmit("ask", _ => Task.FromResult<object?>(7));
        await a.Namespace.ServerSideEmitAsync("hang").InTimeAsync();
        var answer = Assert.Single(await a.Namespace.ServerSideEmitWithAckAsync<int>("ask", InTime.Limit).InTimeAsync());
        Assert.Equal(7, answer.Value);
    }

    [Fact]
    public async Task A_server_alone_has_nobody_to_ask()
    {
        var a = await ServerAsync();
        Assert.Empty(await a.Namespace.ServerSideEmitWithAckAsync<int>("ask").InTimeAsync());
        foreach (var reserved in new[] { "connect", "connection", "new_namespace" })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.ServerSideEmitAsync(reserved));
            Assert.Throws<ArgumentException>(() => a.Namespace.OnServerSideEmit(reserved, _ => Task.FromResult<object?>(null)));
        }
        await Assert.ThrowsAnyAsync<NotSupportedException>(() => a.Namespace.ServerSideEmitAsync("ask", (Action)(() => { })));
    }
}
