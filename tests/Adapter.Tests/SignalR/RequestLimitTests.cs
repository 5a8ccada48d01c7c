using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>What requests may cost, and what is left of those that went wrong: nothing.</summary>
public abstract class RequestLimitTests(TestCluster cluster) : HubSuite(cluster)
{
    [Fact]
    public async Task An_answer_that_is_too_large_fails_the_request_and_names_the_server()
    {
        var a = await ServerAsync();
        var b = await ServerAsync(options => options.MaximumAnswerSize = 16);
        await b.ConnectAsync();
        var error = await Assert.ThrowsAsync<RequestFailedException>(
            () => a.Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(b.Namespace.Life, error.Server);
        Assert.Contains("MaximumAnswerSize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_several_parts_arrives_whole()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.SocketIds, request => request.Answer(new byte[SocketId.ByteLength * 100_000]));
        var result = await a.Namespace.RequestAsync(
            BroadcastTarget.All, RequestKind.SocketIds, default, InTime.Limit, TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(SocketId.ByteLength * 100_000, Assert.Single(result.Answers).Body.Length);
    }

    /// <summary>Each page was asked for with all that were left, and its turn looked at all of them: 45,150 for these three hundred.</summary>
    [Fact]
    public async Task Pages_of_many_sockets_cost_their_turns_a_few_looks_at_each()
    {
        const int count = 300;
        var (a, b) = (await ServerAsync(), await ServerAsync(options => options.MaximumAnswerSize = (count * SocketId.ByteLength) + 100));
        for (var i = 0; i < count; i++)
        {
            await b.Namespace.ConnectAsync(new SilentSocket(b.Namespace)).InTimeAsync();
        }
        var (looked, pages) = (0, 0);
        b.Namespace.Handle(RequestKind.FetchSockets, request =>
        {
            (looked, pages) = (looked + request.Sockets.Count, pages + 1);
            FetchSockets.Handle(request);
        });

        var sockets = await a.Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync();

        Assert.Equal(count, sockets.Select(socket => socket.Id).Distinct().Count());
        Assert.InRange(pages, 2, count);
        Assert.InRange(looked, count, 4 * count);
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
        foreach (
            var waiting in new[] { asked, unasked, lost, a.Namespace.Emit("said", "too late"),
                patient.CountSocketsAsync(TestContext.Current.CancellationToken) })
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
        await Task.WhenAll(
            Enumerable.Range(0, many).Select(
                _ => Assert.ThrowsAsync<RequestTimeoutException>(() => brief.CountSocketsAsync(TestContext.Current.CancellationToken)))).InTimeAsync();
        await InTime.UntilAsync(() => a.This.PendingRequestCount == 0);
        Assert.Equal(1, await a.Namespace.To(near.Id).CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(0, a.Namespace.Requests.Count);
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
    public async Task Ten_thousand_acknowledgements_that_never_come_leave_nothing_on_any_server()
    {
        const int many = 10_000;
        var (a, b) = (await ServerAsync(options => options.MaximumPendingRequests = many), await ServerAsync());
        var (near, far) = (new SilentSocket(a.Namespace), new SilentSocket(b.Namespace));
        await Task.WhenAll(a.Namespace.ConnectAsync(near), b.Namespace.ConnectAsync(far)).InTimeAsync();
        var brief = a.Namespace.Timeout(TimeSpan.FromMilliseconds(1));
        var silent = await Task.WhenAll(
            Enumerable.Range(0, many).Select(_ => Record.ExceptionAsync(() => brief.EmitWithAckAsync<int>("ask")).AsTask())).InTimeAsync();
        // Where the directory took longer than that to say whom it asked, nobody can be named.
        Assert.All(silent, exception => Assert.True(exception is AckTimeoutException<int> or RequestTimeoutException, $"{exception}"));
        Assert.Contains(silent.OfType<AckTimeoutException<int>>(), exception => exception.MissingSockets.Contains(near.Id));
        await InTime.UntilAsync(() => a.This.PendingRequestCount == 0);
        Assert.Equal(2, await a.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync()); // behind all of them, on both servers
        await InTime.UntilAsync(() => (a.Namespace.Acks.Count, b.Namespace.Acks.Count) == (0, 0));
        Assert.Equal((0, 0), (a.Namespace.Requests.Count, b.Namespace.Requests.Count));
        Assert.Equal((null, null), (near.PendingAcks, far.PendingAcks));
        Assert.Equal((many, many, many, many), (near.Asked, near.Forgotten, far.Asked, far.Forgotten));
    }

    [Fact]
    public async Task Of_answers_that_are_too_large_together_the_largest_are_left_out()
    {
        var a = await ServerAsync();
        var b = await ServerAsync(options => options.MaximumAnswerSize = 10_000);
        TestClient[] clients = [await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync()];
        var asked = a.Namespace.Timeout(InTime.Limit).EmitWithAckAsync<string>("ask", "?");
        int[] sizes = [6_000, 7_000, 6_000];
        foreach (var (client, size) in clients.Zip(sizes))
        {
            await client.AnswerAsync(await client.NextInvocationAsync(), new string('x', size));
        }
        var answers = (await asked.InTimeAsync()).ToDictionary(answer => answer.Socket.ToString());
        Assert.Equal(6_000, answers[clients[0].Id].Value!.Length);
        Assert.Equal(6_000, answers[clients[2].Id].Value!.Length);
        Assert.Contains("MaximumAnswerSize", answers[clients[1].Id].Error, StringComparison.Ordinal);
        Assert.Equal(0, b.Invocations.Count.Held);
    }

    [Fact]
    public async Task What_is_refused_gives_its_share_of_the_publish_queue_back()
    {
        var a = await ServerAsync(options => (options.MaximumPacketSize, options.PublishQueueLimit) = (4_000, 20_000));
        var client = await a.ConnectAsync();
        string[] rooms = [.. Enumerable.Range(0, 10).Select(i => new string((char)('a' + i), 1_000))];
        for (var i = 0; i < 200; i++)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.SocketsJoinAsync(rooms).InTimeAsync());
        }
        await a.Namespace.SocketsJoinAsync("room").InTimeAsync();
        await a.Namespace.To("room").Emit("said", "still here").InTimeAsync();
        await client.HearsAsync("still here");
        Assert.Equal(0, a.This.PendingRequestCount);
    }

    [Fact]
    public async Task Where_nobody_says_whom_to_ask_there_is_no_part_of_an_answer_either()
    {
        var a = await ServerAsync();
        await a.ConnectAsync();
        a.Directory.Loses = true;
        var brief = a.Namespace.Timeout(TimeSpan.FromMilliseconds(100));
        Assert.Empty(
            (
                await Assert.ThrowsAsync<RequestTimeoutException>(
                    () => brief.AllowPartial.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync())).Missing);
        await Assert.ThrowsAsync<RequestTimeoutException>(() => brief.EmitWithAckAsync<int>("ask").InTimeAsync());
        await Assert.ThrowsAsync<RequestTimeoutException>(
            () => a.Namespace.ServerSideEmitWithAckAsync<int>("ask", TimeSpan.FromMilliseconds(100)).InTimeAsync());
        await InTime.UntilAsync(() => a.This.PendingRequestCount == 0);
    }

    [Fact]
    public async Task Nobody_waits_without_an_end()
    {
        var a = await ServerAsync();
        foreach (var wrong in new[] { Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.FromDays(25), TimeSpan.MaxValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => a.Namespace.Timeout(wrong));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => a.Namespace.ServerSideEmitWithAckAsync<int>("ask", wrong));
        }
    }

    [Fact]
    public async Task A_handler_that_throws_in_the_turn_is_told_to_the_asker()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        await b.ConnectAsync();
        b.Namespace.Handle(RequestKind.CountSockets, _ => throw new InvalidDataException("not today"));
        var failed = await Assert.ThrowsAsync<RequestFailedException>(() => a.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        Assert.Equal(b.Namespace.Life, failed.Server);
        Assert.Contains("not today", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await a.Namespace.AllowPartial.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync()).Value);
    }

    [Fact]
    public async Task A_front_that_throws_fails_its_own_client_alone()
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        var broken = new SilentSocket(a.Namespace) { Throws = true };
        await a.Namespace.ConnectAsync(broken).InTimeAsync();
        var asked = a.Namespace.Timeout(InTime.Limit).EmitWithAckAsync<string>("ask", "?");
        await client.AnswerAsync(await client.NextInvocationAsync(), "fine");
        var answers = (await asked.InTimeAsync()).ToDictionary(answer => answer.Socket);
        Assert.Equal(2, answers.Count);
        Assert.NotNull(answers[broken.Id].Error);
        Assert.Null(broken.PendingAcks);
    }

    /// <summary>A socket without a client, which never answers.</summary>
    private sealed class SilentSocket(Namespace @namespace) : LocalSocket(@namespace.NewSocketId())
    {
        public int Asked { get; private set; }

        public int Forgotten { get; private set; }

        public bool Throws { get; init; }

        internal override void DeliverWithAck(Packet packet, ClientAck ack)
        {
            Asked++;
            ack.Forget = () => Forgotten++;
            if (Throws)
            {
                throw new InvalidOperationException("A front that is broken.");
            }
        }

        internal override void Deliver(Packet packet)
        {
        }

        internal override void EndTurn()
        {
        }

        internal override void Close(DisconnectReason reason)
        {
        }
    }
}
