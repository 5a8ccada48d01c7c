using System.Diagnostics;
using OrleansAdapter.Requests;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Traces;

/// <summary>The activities of requests, acknowledgements and what is done to other servers' sockets, over three servers.</summary>
[Collection(TraceCollection.Name)]
public sealed class RequestTraceTests : IAsyncLifetime
{
    private SocketIOCluster _cluster = null!;
    private TestSocket[] _clients = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SocketIOServer IO => _cluster[0].IO;

    public async ValueTask InitializeAsync()
    {
        _cluster = await SocketIOCluster.StartAsync(3);
        _clients = [(await _cluster[0].JoinAsync()).Socket, (await _cluster[1].JoinAsync()).Socket];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("FetchSockets")]
    [InlineData("SocketIds")]
    [InlineData("CountSockets")]
    [InlineData("Rooms")]
    public async Task A_request_is_one_trace_with_the_home_and_every_server_that_answers(string what)
    {
        using var trace = new Traced();

        await (what switch
        {
            "FetchSockets" => IO.FetchSocketsAsync(cancellationToken: Cancellation),
            "SocketIds" => IO.SocketIdsAsync(Cancellation),
            "CountSockets" => IO.CountSocketsAsync(Cancellation),
            _ => (Task)IO.RoomsAsync(Cancellation),
        });

        var request = await AskedAsync(trace, what);
        Assert.Equal(("answered", 2, 0), Outcome(request));
        var answers = await trace.PartsAsync(request, "answer", 2);
        Assert.All(answers, answer => AssertIs(answer, ActivityKind.Server, "process", ("orleansadapter.request", what), ("orleansadapter.sockets", 1)));
        var accept = await trace.PartAsync(request, "accept");
        AssertIs(accept, ActivityKind.Consumer, "receive", ("orleansadapter.operation", "Request"));
        Assert.All(answers, answer => Assert.Equal(accept.GetTagItem("orleansadapter.number"), answer.GetTagItem("orleansadapter.number")));
        Assert.Equal(4, trace.All().Length);
        Assert.Same(trace.Root, Activity.Current);
    }

    [Theory]
    [InlineData("SocketsJoin")]
    [InlineData("SocketsLeave")]
    [InlineData("DisconnectSockets")]
    public async Task What_makes_sockets_join_leave_or_go_is_seen_on_every_server_that_does_it(string what)
    {
        using var trace = new Traced();

        await (what switch
        {
            "SocketsJoin" => IO.SocketsJoinAsync("room"),
            "SocketsLeave" => IO.SocketsLeaveAsync("room"),
            _ => IO.DisconnectSocketsAsync(),
        });

        var request = await AskedAsync(trace, what);
        AssertIs(await trace.PartAsync(request, "publish"), ActivityKind.Producer, "send", ("orleansadapter.operation", what));
        AssertIs(await trace.PartAsync(request, "accept"), ActivityKind.Consumer, "receive", ("orleansadapter.operation", what));
        Assert.All(
            await trace.PartsAsync(request, "deliver", 2),
            deliver => AssertIs(deliver, ActivityKind.Consumer, "process", ("orleansadapter.operation", what), ("orleansadapter.sockets", 1)));
        Assert.Equal(5, trace.All().Length); // that all are asked whether they have done it is not seen
    }

    [Fact]
    public async Task An_event_that_clients_acknowledge_is_seen_until_the_last_of_each_server_has()
    {
        using var trace = new Traced();

        var asked = IO.Timeout(TimeSpan.FromSeconds(20)).EmitWithAckAsync<int>("ask");
        foreach (var client in _clients)
        {
            Assert.Equal("420[\"ask\"]", await client.ReceiveTextAsync());
            Assert.DoesNotContain(trace.All(), activity => activity.OperationName == "request");
            await client.SendAsync("430[1]");
        }
        Assert.Equal(2, (await asked).Count);

        var request = await AskedAsync(trace, "EmitWithAck");
        Assert.Equal(("answered", 2, 0), Outcome(request));
        Assert.All(
            await trace.PartsAsync(request, "answer", 2),
            answer => AssertIs(
                answer,
                ActivityKind.Server,
                "process",
                ("orleansadapter.event", "ask"),
                ("orleansadapter.sockets", 1),
                ("orleansadapter.sockets.answered", 1)));
    }

    [Fact]
    public async Task Who_is_silent_is_missing_in_the_answer_of_its_server()
    {
        using var trace = new Traced();

        var asked = IO.Timeout(TimeSpan.FromMilliseconds(1)).EmitWithAckAsync<int>("ask");
        // An AckTimeoutException, or, where the directory took longer than that to say whom it asked, a RequestTimeoutException.
        await Assert.ThrowsAnyAsync<TimeoutException>(() => asked);

        var request = await AskedAsync(trace, "EmitWithAck");
        Assert.All(
            await trace.PartsAsync(request, "answer", 2),
            answer => AssertIs(answer, ActivityKind.Server, "process", ("orleansadapter.sockets", 1), ("orleansadapter.sockets.answered", 0)));
    }

    [Theory]
    [InlineData("answered")]
    [InlineData("timed out")]
    [InlineData("given up")]
    [InlineData("failed")]
    public async Task An_event_that_one_client_acknowledges_is_a_request_to_it(string outcome)
    {
        var server = IO.Root.Sockets.Single();
        using var trace = new Traced();
        using var giveUp = new CancellationTokenSource();

        var asked = server.Timeout(outcome == "timed out" ? TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan, giveUp.Token).EmitWithAckAsync<int>("ask");
        Assert.Same(trace.Root, Activity.Current);
        switch (outcome)
        {
            case "answered":
                await _clients[0].SendAsync("430[1]");
                Assert.Equal(1, await asked);
                break;
            case "given up":
                await giveUp.CancelAsync();
                break;
            case "failed":
                await _clients[0].SendAsync("41");
                break;
        }
        await asked.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);

        var request = await AskedAsync(trace, "EmitWithAck");
        AssertIs(
            request,
            ActivityKind.Client,
            "send",
            ("orleansadapter.socket", server.Id.ToString()),
            ("orleansadapter.event", "ask"),
            ("orleansadapter.outcome", outcome));
        Assert.Equal(outcome is "timed out" or "failed" ? ActivityStatusCode.Error : ActivityStatusCode.Unset, request.Status);
    }

    [Fact]
    public async Task What_a_handler_does_of_a_server_side_event_belongs_to_the_trace_of_who_sent_it()
    {
        _cluster[1].IO.OnServerSideEmit("ask", async _ =>
        {
            await _cluster[1].IO.Emit("said", 1);
            return 1;
        });
        _cluster[2].IO.OnServerSideEmit("ask", _ => throw new InvalidOperationException("not today"));
        using (var before = new Traced())
        {
            // The first event starts what handles them: it is not to stay the current one for those that follow.
            await IO.ServerSideEmitWithAckAsync<int>("ask");
        }
        using var trace = new Traced();

        await IO.ServerSideEmitWithAckAsync<int>("ask");

        var request = await AskedAsync(trace, "ServerSideEmit");
        Assert.Equal(("answered", 2, 0), Outcome(request));
        var answers = await trace.PartsAsync(request, "answer", 2);
        Assert.All(answers, answer => AssertIs(answer, ActivityKind.Server, "process", ("orleansadapter.event", "ask")));
        var failed = Assert.Single(answers, answer => answer.Status == ActivityStatusCode.Error);
        var done = Assert.Single(answers, answer => answer != failed);
        await trace.PartAsync(done, "publish");
        Assert.All(
            await trace.PartsAsync(done, "deliver", 2),
            deliver => AssertIs(deliver, ActivityKind.Consumer, "process", ("orleansadapter.event", "said")));
    }

    [Fact]
    public async Task A_server_side_event_that_nobody_waits_for_is_consumed()
    {
        _cluster[1].IO.OnServerSideEmit("tell", _ => Task.FromResult<object?>(null));
        using var trace = new Traced();

        await IO.ServerSideEmitAsync("tell");

        AssertIs(await trace.PartAsync(trace.Root, "publish"), ActivityKind.Producer, "send", ("orleansadapter.operation", "Request"));
        var told = await trace.PartsAsync(trace.Root, "answer", 2);
        Assert.All(told, one => AssertIs(one, ActivityKind.Consumer, "process", ("orleansadapter.event", "tell")));
        Assert.Single(told, one => one.Status == ActivityStatusCode.Error); // the third server has no handler
    }

    [Theory]
    [InlineData("a server-side event")]
    [InlineData("one that nobody waits for")]
    [InlineData("an answer that is made later")]
    [InlineData("an answer that is made in the turn")]
    public async Task What_the_application_throws_is_told_to_the_asker_and_of_it_to_traces_the_type_alone(string what)
    {
        const string secret = "Password=hunter2";
        _cluster[1].IO.OnServerSideEmit("ask", _ => throw new InvalidOperationException(secret));
        _cluster[1].IO.Root.Core.Handle(RequestKind.CountSockets, _ => throw new InvalidOperationException(secret));
        _cluster[1].IO.Root.Core.Handle(RequestKind.SocketIds, request => request.AnswerLater(_ => throw new InvalidOperationException(secret)));
        using var trace = new Traced();

        var error = await Record.ExceptionAsync(() => what switch
        {
            "a server-side event" => IO.ServerSideEmitWithAckAsync<int>("ask"),
            "one that nobody waits for" => IO.ServerSideEmitAsync("ask"),
            "an answer that is made later" => IO.SocketIdsAsync(Cancellation),
            _ => (Task)IO.CountSocketsAsync(Cancellation),
        });

        var parent = what == "one that nobody waits for" ? trace.Root : await trace.PartAsync(trace.Root, "request");
        var failed = (await trace.PartsAsync(parent, "answer", 2)).First(answer => answer.Status == ActivityStatusCode.Error);
        Assert.Equal(
            (nameof(InvalidOperationException), typeof(InvalidOperationException).FullName), (failed.StatusDescription, failed.GetTagItem("error.type")));
        Assert.DoesNotContain(
            trace.All(),
            activity => $"{activity.StatusDescription} {string.Join(' ', activity.TagObjects)}".Contains(secret, StringComparison.Ordinal));
        Assert.True(error is null || error.ToString().Contains(secret, StringComparison.Ordinal), $"{error}");
    }

    [Theory]
    [InlineData("emit", "deliver")]
    [InlineData("emit to one client", "deliver")]
    [InlineData("tell", "answer")]
    public async Task What_is_said_outside_of_any_activity_begins_a_trace_that_goes_as_far_as_any_other(string what, string received)
    {
        using var trace = new Traced();
        Activity.Current = null; // as in a background service
        await (what switch
        {
            "emit" => IO.Except("nobody").Emit("said", 1),
            "emit to one client" => IO.To(IO.Root.Sockets.Single().Id.ToString()).Emit("said", 1),
            _ => IO.ServerSideEmitAsync("tell"),
        });

        var publish = await trace.AnyAsync("publish");
        Assert.Equal(default, publish.ParentSpanId);
        AssertIs(publish, ActivityKind.Producer, "send");
        await trace.PartAsync(publish, "accept");
        Assert.All(
            await trace.PartsAsync(publish, received, what == "emit to one client" ? 1 : 2),
            part => AssertIs(part, ActivityKind.Consumer, "process", ("orleansadapter.event", what == "tell" ? "tell" : "said")));
        Assert.Equal("42[\"said\",1]", what == "tell" ? "42[\"said\",1]" : await _clients[0].ReceiveTextAsync());
    }

    [Fact]
    public async Task Only_this_servers_sockets_are_asked_without_the_home()
    {
        using var trace = new Traced();

        await IO.Local.FetchSocketsAsync(cancellationToken: Cancellation);

        var request = await AskedAsync(trace, "FetchSockets");
        AssertIs(await trace.PartAsync(request, "answer"), ActivityKind.Server, "process", ("orleansadapter.sockets", 1));
        Assert.Equal(2, trace.All().Length);
    }

    [Fact]
    public async Task What_the_sampler_left_out_is_left_out_everywhere()
    {
        using var trace = new Traced(isRecorded: false);

        await IO.FetchSocketsAsync(cancellationToken: Cancellation);
        await IO.SocketsJoinAsync("room");
        await IO.ServerSideEmitAsync("tell");
        await Assert.ThrowsAnyAsync<TimeoutException>(() => IO.Timeout(TimeSpan.FromMilliseconds(1)).EmitWithAckAsync<int>("ask"));

        Assert.Empty(trace.All());
    }

    private static async Task<Activity> AskedAsync(Traced trace, string what)
    {
        var request = await trace.PartAsync(trace.Root, "request");
        AssertIs(request, ActivityKind.Client, "send", ("orleansadapter.request", what));
        return request;
    }

    private static (object? Outcome, object? Servers, object? Missing) Outcome(Activity request)
    {
        Assert.Equal(ActivityStatusCode.Unset, request.Status);
        return (
            request.GetTagItem("orleansadapter.outcome"),
            request.GetTagItem("orleansadapter.servers"),
            request.GetTagItem("orleansadapter.servers.missing"));
    }

    private static void AssertIs(Activity activity, ActivityKind kind, string type, params (string Name, object Value)[] tags)
    {
        Assert.Equal(kind, activity.Kind);
        (string Name, object Value)[] all =
        [
            ("messaging.system", "orleansadapter"),
            ("messaging.operation.name", activity.OperationName),
            ("messaging.operation.type", type),
            ("messaging.destination.name", "/"),
            .. tags,
        ];
        Assert.All(all, tag => Assert.Equal(tag.Value, activity.GetTagItem(tag.Name)));
    }
}
