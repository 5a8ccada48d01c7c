using OrleansAdapter.Cluster;
using OrleansAdapter.Tests.Engines;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Seeing and steering sockets from any server.</summary>
public abstract class OperationTests(TestEngine engine) : HubSuite(engine)
{
    [Fact]
    public async Task Sockets_are_fetched_and_counted_wherever_they_are_and_named_with_their_server_and_rooms()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var (one, two, three) = (await a.ConnectAsync(), await b.ConnectAsync(user: "somebody"), await c.ConnectAsync());
        await a.Manager.AddToGroupAsync(one.Id, "x").InTimeAsync();
        await a.Manager.AddToGroupAsync(two.Id, "x").InTimeAsync();
        await a.Manager.AddToGroupAsync(two.Id, "y").InTimeAsync();

        var found = await c.Namespace.To("x").FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Empty(found.MissingServers);
        var byId = found.ToDictionary(socket => socket.Id.ToString());
        Assert.Equal(new HashSet<string> { one.Id, two.Id }, [.. byId.Keys]);
        Assert.Equal((a.Namespace.Life, b.Namespace.Life), (byId[one.Id].Server, byId[two.Id].Server));
        Assert.Equal(["x", "y"], byId[two.Id].Rooms.Order(StringComparer.Ordinal));
        Assert.Equal((null, "somebody"), (byId[one.Id].UserId, byId[two.Id].UserId));

        Assert.Equal(3, await c.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(1, await c.Namespace.To("x", "y").Except("y").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(1, await c.Namespace.To(three.Id).CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(0, await c.Namespace.To("nobody").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(1, await c.Namespace.Local.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(0, await c.Namespace.To("x").Local.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(new HashSet<string> { "x", "y" }, await c.Namespace.RoomsAsync(TestContext.Current.CancellationToken).InTimeAsync());
    }

    [Fact]
    public async Task Sockets_are_steered_wherever_they_are_and_it_holds_everywhere_when_the_task_ends()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (one, two) = (await a.ConnectAsync(), await b.ConnectAsync());
        await a.Namespace.SocketsJoinAsync("all", "more").InTimeAsync();
        Assert.Equal(2, await b.Namespace.To("all").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        await a.Namespace.To("all").Except(one.Id).SocketsLeaveAsync("more").InTimeAsync();
        Assert.Equal(one.Id, Assert.Single(await b.Namespace.To("more").SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync()).ToString());

        await b.Namespace.To("all").Emit("said", "hello").InTimeAsync();
        await one.HearsAsync("hello");
        await two.HearsAsync("hello");

        await a.Namespace.To(two.Id).DisconnectSocketsAsync().InTimeAsync();
        Assert.Equal(1, await a.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        await two.Served.InTimeAsync();
    }

    [Fact]
    public async Task A_fetched_socket_is_steered_by_itself()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        var socket = Assert.Single(await a.Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync());
        await socket.EmitAsync("said", "to you").InTimeAsync();
        await client.HearsAsync("to you");
        await socket.JoinAsync("room").InTimeAsync();
        Assert.Equal(1, await a.Namespace.To("room").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        await socket.LeaveAsync("room").InTimeAsync();
        Assert.Equal(0, await a.Namespace.To("room").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        await socket.DisconnectAsync(close: true).InTimeAsync();
        await client.Served.InTimeAsync();
    }

    [Fact]
    public async Task What_is_local_concerns_only_this_servers_sockets()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (here, there) = (await a.ConnectAsync(), await b.ConnectAsync());
        await a.Namespace.Local.SocketsJoinAsync("room").InTimeAsync();
        Assert.Equal(here.Id, Assert.Single(await b.Namespace.To("room").SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync()).ToString());
        await a.Namespace.Local.Emit("said", "here").InTimeAsync();
        await a.Namespace.Emit("said", "everywhere").InTimeAsync();
        await here.HearsAsync("here");
        await here.HearsAsync("everywhere");
        await there.HearsAsync("everywhere");
    }

    [Fact]
    public async Task Who_asks_does_not_wait_for_a_server_that_died_and_the_next_request_knows_it()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await a.ConnectAsync();
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.CountSockets, _ => { }); // it has the request, and will never answer
        var asked = a.Namespace.Timeout(TimeSpan.FromMinutes(10)).CountSocketsAsync(TestContext.Current.CancellationToken);
        await a.Namespace.Timeout(TimeSpan.FromMinutes(10)).SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync(); // behind it in the order
        Assert.False(asked.IsCompleted);
        b.Directory.Loses = true;
        await Engine.ReportDeathAsync(b.This.Process).InTimeAsync();
        Assert.Equal(1, await asked.InTimeAsync());
        Assert.Equal(1, await a.Namespace.Timeout(TimeSpan.FromMinutes(10)).CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(0, a.This.PendingRequestCount);
    }

    [Fact]
    public async Task A_server_that_is_alive_and_silent_is_an_error_that_names_it_or_a_marked_hole()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await a.ConnectAsync();
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.FetchSockets, _ => { });
        var brief = a.Namespace.Timeout(TimeSpan.FromMilliseconds(100));
        var error = await Assert.ThrowsAsync<RequestTimeoutException>(() => brief.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal((b.Namespace.Life, 1), (Assert.Single(error.Missing), error.Answered));
        var partial = await brief.AllowPartial.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(b.Namespace.Life, Assert.Single(partial.MissingServers));
        Assert.Equal(a.Namespace.Life, Assert.Single(partial).Server);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_fails_the_request_and_names_the_server()
    {
        var a = await ServerAsync();
        var b = await ServerAsync(options => options.MaximumAnswerSize = 16);
        await b.ConnectAsync();
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => a.Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(b.Namespace.Life, error.Server);
        Assert.Contains("MaximumAnswerSize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_several_parts_arrives_whole()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.SocketIds, request => request.Answer(new byte[SocketId.ByteLength * 100_000]));
        var result = await a.Namespace.RequestAsync(BroadcastTarget.All, RequestKind.SocketIds, default, InTime.Limit, TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(SocketId.ByteLength * 100_000, Assert.Single(result.Answers).Body.Length);
    }

    [Fact]
    public async Task Requests_beyond_the_limit_are_refused_and_leave_nothing()
    {
        var a = await ServerAsync(options => options.MaximumPendingRequests = 2);
        await a.ConnectAsync();
        a.Namespace.Handle(RequestKind.CountSockets, _ => { });
        using var end = new CancellationTokenSource();
        var pending = Enumerable.Range(0, 2).Select(_ => a.Namespace.CountSocketsAsync(end.Token)).ToArray();
        await Assert.ThrowsAsync<TooManyRequestsException>(() => a.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken));
        await end.CancelAsync();
        foreach (var request in pending)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.InTimeAsync());
        }
        await InTime.UntilAsync(() => a.This.PendingRequestCount == 0);
    }

    [Fact]
    public async Task Requests_have_the_limits_of_publishes_and_nothing_is_done_where_they_are_refused()
    {
        var a = await ServerAsync(options => (options.MaximumPacketSize, options.MaximumPendingRequests) = (10_000, 1));
        var client = await a.ConnectAsync();
        var large = new string('x', 10_000);
        await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.EmitWithAckAsync<int>("ask", large).InTimeAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.ServerSideEmitWithAckAsync<int>("ask", null, large).InTimeAsync());
        Assert.Equal(0, a.This.PendingRequestCount);

        a.Namespace.Handle(RequestKind.CountSockets, _ => { });
        using var end = new CancellationTokenSource();
        var pending = a.Namespace.CountSocketsAsync(end.Token);
        await Assert.ThrowsAsync<TooManyRequestsException>(() => a.Namespace.DisconnectSocketsAsync().InTimeAsync());
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTimeAsync());
        await a.Namespace.Emit("said", "still here").InTimeAsync();
        await client.HearsAsync("still here");
    }

    [Fact]
    public async Task A_server_that_stops_leaves_nobody_waiting()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.CountSockets, _ => { });
        var patient = a.Namespace.Timeout(TimeSpan.FromMinutes(10));
        var asked = patient.CountSocketsAsync(TestContext.Current.CancellationToken);
        await a.Namespace.Emit("said", "behind the request, so the directory has taken that").InTimeAsync();
        a.Directory.Loses = true;
        var unasked = patient.CountSocketsAsync(TestContext.Current.CancellationToken);
        var lost = a.Namespace.Emit("said", "nobody hears it");
        await a.This.DisposeAsync();
        foreach (var waiting in new[] { asked, unasked, lost, a.Namespace.Emit("said", "too late"), patient.CountSocketsAsync(TestContext.Current.CancellationToken) })
        {
            await Assert.ThrowsAsync<OperationException>(() => waiting.InTimeAsync());
        }
    }

    [Fact]
    public async Task Ten_thousand_requests_that_time_out_leave_nothing()
    {
        const int many = 10_000;
        var (a, b) = (await ServerAsync(options => options.MaximumPendingRequests = many), await ServerAsync());
        var (near, far) = (await a.ConnectAsync(), await b.ConnectAsync());
        b.Namespace.Handle(RequestKind.CountSockets, _ => { });
        var brief = a.Namespace.Timeout(TimeSpan.FromMilliseconds(1)).To(far.Id);
        await Task.WhenAll(Enumerable.Range(0, many).Select(_ => Assert.ThrowsAsync<RequestTimeoutException>(() => brief.CountSocketsAsync(TestContext.Current.CancellationToken)))).InTimeAsync();
        await InTime.UntilAsync(() => a.This.PendingRequestCount == 0);
        Assert.Equal(1, await a.Namespace.To(near.Id).CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(0, a.Namespace.Requests.Count);
    }

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
        var error = await Assert.ThrowsAsync<ServerSideTimeoutException<int>>(() => a.Namespace.ServerSideEmitWithAckAsync<int>("ask", TimeSpan.FromMilliseconds(200)).InTimeAsync());
        Assert.Equal(c.Namespace.Life, Assert.Single(error.Missing));
        Assert.Equal((b.Namespace.Life, 1), (Assert.Single(error.Answers).Server, error.Answers[0].Value));
    }

    [Fact]
    public async Task Arguments_that_cannot_be_serialised_fail_before_anything_is_sent()
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        Assert.ThrowsAny<NotSupportedException>(() => { _ = a.Namespace.Emit("said", (Action)(() => { })); });
        await a.Namespace.Emit("said", "still here").InTimeAsync();
        await client.HearsAsync("still here");
    }

    [Fact]
    public async Task The_servers_of_the_cluster_are_listed()
    {
        var (a, b) = (await ServerAsync(options => options.ServerName = "first"), await ServerAsync(options => options.ServerName = "second"));
        IReadOnlyList<ServerDescription> servers = [];
        await InTime.UntilAsync(() =>
        {
            servers = a.This.ServersAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            return servers.Count == 2;
        });
        Assert.Equal(["first", "second"], servers.Select(server => server.Name).Order(StringComparer.Ordinal));
        Assert.Contains(servers, server => server.Process == b.This.Process);
    }
}

public sealed class InProcessOperationTests() : OperationTests(new InProcessEngine());

public sealed class LinkOperationTests() : OperationTests(new LinkEngine());
