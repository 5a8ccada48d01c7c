using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Requests;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Seeing and steering sockets from any server.</summary>
public abstract class OperationTests(TestCluster cluster) : HubSuite(cluster)
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
        await Cluster.ReportDeathAsync(b.This.Process).InTimeAsync();
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
        var answers = a.Directory.AnswersOf(a.Namespace.Life);
        var patient = a.Namespace.Timeout(TimeSpan.FromHours(1));
        var asked = patient.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await AllHasArrivedAsync();
        a.Time.Pass(TimeSpan.FromHours(1));
        var error = await Assert.ThrowsAsync<RequestTimeoutException>(() => asked.InTimeAsync());
        Assert.Equal(b.Namespace.Life, Assert.Single(error.Missing));
        var askedInPart = patient.AllowPartial.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await AllHasArrivedAsync();
        a.Time.Pass(TimeSpan.FromHours(1));
        var partial = await askedInPart.InTimeAsync();
        Assert.Equal((false, new ServerFailure(b.Namespace.Life, null)), (partial.IsWhole, Assert.Single(partial.Missing)));
        Assert.Equal(a.Namespace.Life, Assert.Single(partial.Value).Server);

        // Behind it in the order; and what the asker itself answers to both has come, in whatever order.
        async Task AllHasArrivedAsync()
        {
            Assert.Equal(2, (await patient.SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync()).Count);
            answers += 2;
            await InTime.UntilAsync(() => a.Directory.AnswersOf(a.Namespace.Life) >= answers);
        }
    }

    [Fact]
    public async Task The_servers_of_the_cluster_are_listed_since_when_and_with_how_many_sockets()
    {
        var began = DateTimeOffset.UtcNow;
        var a = await ServerAsync(options => (options.ServerName, options.HeartbeatInterval) = ("first", TimeSpan.FromMilliseconds(50)));
        var b = await ServerAsync(options => (options.ServerName, options.HeartbeatInterval) = ("second", TimeSpan.FromMilliseconds(50)));
        await b.ConnectAsync();
        Assert.Equal(2, await b.Namespace.ServerCountAsync(TestContext.Current.CancellationToken).InTimeAsync());
        await InTime.UntilAsync(() => Listed(a).Any(server => server is { Name: "second", Sockets: 1 }));
        var servers = Listed(a);
        Assert.Equal(["first", "second"], servers.Select(server => server.Name).Order(StringComparer.Ordinal));
        Assert.Contains(servers, server => server.Process == b.This.Process);
        Assert.All(servers, server => Assert.InRange(server.Started, began.AddSeconds(-1), DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task A_server_is_ready_when_it_sees_the_others_and_never_answers_from_an_empty_view()
    {
        var a = await ServerAsync();
        await a.Manager.AddToGroupAsync((await a.ConnectAsync()).Id, "room").InTimeAsync();
        for (var servers = 2; servers <= 6; servers++)
        {
            var fresh = await ServerAsync();
            var fetched = fresh.Namespace.To("room").FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken);
            var answers = fresh.Namespace.ServerSideEmitWithAckAsync<int>("nobody handles it");
            Assert.Equal(servers, await fresh.Namespace.ServerCountAsync(TestContext.Current.CancellationToken).InTimeAsync());
            Assert.Single(await fetched.InTimeAsync());
            Assert.Equal(servers - 1, (await answers.InTimeAsync()).Count);
        }
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_listed_and_asked_as_long_as_it_said()
    {
        var a = await ServerAsync(options => options.HeartbeatTimeout = TimeSpan.FromHours(1));
        var patient = await ServerAsync(options => (options.ServerName, options.HeartbeatTimeout) = ("patient", TimeSpan.FromHours(1)));
        await patient.ConnectAsync();
        var brief = await ServerAsync(options =>
            (options.ServerName, options.HeartbeatTimeout, options.HeartbeatInterval, options.LeaseRenewal) = (
                "brief", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)));
        await brief.ConnectAsync();
        Assert.Equal(2, await a.Namespace.CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
        var (briefLife, patientLife) = (brief.Namespace.Life, patient.Namespace.Life);   // who hears that its life has ended takes another
        (brief.Directory.IsCutOff, patient.Directory.IsCutOff) = (true, true);

        await InTime.UntilAsync(() => Listed(a).All(server => server.Name != "brief"));
        Assert.Contains(Listed(a), server => server.Name == "patient");
        await InTime.UntilAsync(() => !a.Namespace.Lives.Contains(briefLife));
        var counting = a.Namespace.Timeout(TimeSpan.FromMinutes(1)).AllowPartial.CountSocketsAsync(TestContext.Current.CancellationToken);
        await a.Namespace.Emit("said", "behind it in the order, so it is known whom it went to").InTimeAsync();
        a.Time.Pass(TimeSpan.FromMinutes(1));
        var counted = await counting.InTimeAsync();
        Assert.Equal(patientLife, Assert.Single(counted.Missing).Server);
    }

    [Fact]
    public async Task What_a_hub_keeps_with_a_connection_is_seen_by_every_server()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        Assert.Equal(JsonValueKind.Null, (await OnlyAsync(a)).Data.ValueKind);
        Assert.Null((await client.CallAsync(nameof(TestHub.Remember), "name", "Ada")).Error);
        var socket = await OnlyAsync(a);
        Assert.Equal("Ada", socket.Data.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Object, socket.Handshake.ValueKind);
    }

    [Fact]
    public async Task A_fetched_socket_is_asked_by_itself_and_its_failure_is_told()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        var socket = await OnlyAsync(a);
        var asked = socket.EmitWithAckAsync<int>("ask", "?");
        await client.AnswerAsync(await client.NextInvocationAsync(), 7);
        Assert.Equal(7, await asked.InTimeAsync());

        var refused = socket.EmitWithAckAsync<int>("ask", "?");
        await client.SendAsync(CompletionMessage.WithError((await client.NextInvocationAsync()).InvocationId!, "no"));
        Assert.Contains("no", (await Assert.ThrowsAsync<AckFailedException>(() => refused.InTimeAsync())).Message, StringComparison.Ordinal);

        var waiting = socket.Timeout(TimeSpan.FromHours(1)).EmitWithAckAsync<int>("ask", "?");
        await client.NextInvocationAsync();
        b.Time.Pass(TimeSpan.FromHours(1));
        var silent = await Assert.ThrowsAsync<AckTimeoutException<int>>(() => waiting.InTimeAsync());
        Assert.Equal(client.Id, Assert.Single(silent.MissingSockets).ToString());

        await client.GoneAsync();
        Assert.Equal(socket.Id, (await Assert.ThrowsAsync<AckFailedException>(() => socket.EmitWithAckAsync<int>("ask", "?").InTimeAsync())).Socket);
        Assert.Throws<ArgumentOutOfRangeException>(() => socket.Timeout(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_room_cannot_have_the_name_of_a_socket_whoever_is_made_to_join_it()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => a.Namespace.SocketsJoinAsync(client.Id).InTimeAsync());
        await a.Namespace.SocketsJoinAsync("AAAAAAAAAAAAAAAAAAAA").InTimeAsync(); // looks like one, and is none
        Assert.Equal(1, await a.Namespace.To("AAAAAAAAAAAAAAAAAAAA").CountSocketsAsync(TestContext.Current.CancellationToken).InTimeAsync());
    }

    private static IReadOnlyList<ServerDescription> Listed(TestServer server) =>
        server.This.ServersAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();

    private static async Task<RemoteSocket> OnlyAsync(TestServer asker) =>
        Assert.Single(await asker.Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync());
}

public sealed class InProcessOperationTests() : OperationTests(new InProcessTestCluster());
