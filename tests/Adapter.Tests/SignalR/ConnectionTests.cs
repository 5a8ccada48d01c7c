using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>How connections begin and end.</summary>
public abstract class ConnectionTests(TestCluster cluster) : HubSuite(cluster)
{
    private string Namespace => Cluster.Namespace;

    [Fact]
    public async Task A_connections_id_names_its_server_and_is_the_one_that_the_hub_sees()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        foreach (var server in new[] { a, b })
        {
            var client = await server.ConnectAsync();
            Assert.True(SocketId.TryParse(client.Id, out var id));
            Assert.Equal(server.Namespace.Life, id.Server);
            Assert.Equal(client.Id, (await client.CallAsync(nameof(TestHub.Id))).Result?.ToString());
        }
        Assert.NotEqual(a.Namespace.Life.Process, b.Namespace.Life.Process);
    }

    [Fact]
    public async Task The_hubs_namespace_reaches_its_clients_and_tells_who_they_are()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync("anna");
        await client.CallAsync(nameof(TestHub.Join), "group");
        await b.Namespace.To("group").Emit("said", "to the room").InTimeAsync();
        await b.Namespace.To(client.Id).Emit("said", "to the id").InTimeAsync();
        await b.Namespace.ToUser("anna").Emit("said", "to the user").InTimeAsync();
        await client.HearsAsync("to the room");
        await client.HearsAsync("to the id");
        await client.HearsAsync("to the user");
        await a.Namespace.Local.Emit("said", "here").InTimeAsync();
        await client.HearsAsync("here");
        Assert.Equal(client.Id, Assert.Single(await b.Namespace.SocketIdsAsync().InTimeAsync()).ToString());
        Assert.Equal(Namespace, a.Namespace.Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_is_disconnected_hears_what_was_sent_before_and_is_told_to_stay_away(bool close)
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        using var metrics = new MetricsReader(a.Services);
        _ = b.Manager.SendConnectionAsync(client.Id, "said", ["bye"]);
        await b.Namespace.To(client.Id).DisconnectSocketsAsync(close).InTimeAsync();
        await b.Manager.SendConnectionAsync(client.Id, "said", ["too late"]).InTimeAsync();
        await client.HearsAsync("bye");
        Assert.False(Assert.IsType<CloseMessage>(await client.NextAsync()).AllowReconnect);
        Assert.Null(await client.NextAsync());
        await client.Served.InTimeAsync();
        Assert.Empty(await b.Namespace.SocketIdsAsync().InTimeAsync());
        Assert.Equal(1, metrics[$"orleansadapter.disconnects{{{(close ? DisconnectReason.ForcedServerClose : DisconnectReason.ServerNamespaceDisconnect)}}}"]);
    }

    [Fact]
    public async Task A_fenced_server_closes_its_clients_and_they_may_come_back_at_once()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (client, other) = (await a.ConnectAsync(), await b.ConnectAsync());
        using var metrics = new MetricsReader(a.Services);
        await client.CallAsync(nameof(TestHub.Join), "group");
        var life = a.Namespace.Life;
        a.Directory.Fence(Namespace);
        Assert.True(Assert.IsType<CloseMessage>(await client.NextAsync()).AllowReconnect);
        Assert.Null(await client.NextAsync());
        await client.Served.InTimeAsync();
        Assert.NotEqual(life, a.Namespace.Life);
        var again = await a.ConnectAsync();
        await b.Manager.SendGroupAsync("group", "said", ["to nobody"]).InTimeAsync();
        await b.Manager.SendAllAsync("said", ["to all"]).InTimeAsync();
        await again.HearsAsync("to all");
        await other.HearsAsync("to all");
        Assert.Equal(1, metrics["orleansadapter.disconnects{ServerFenced}"]);
    }

    [Fact]
    public async Task A_result_that_is_waited_for_when_the_waiting_server_is_fenced_still_comes()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        var result = a.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], CancellationToken.None);
        var invocation = await client.NextInvocationAsync();

        // The client may be asked before the home's answer is here; a server that is fenced by then cannot know whom its request went to.
        Assert.True(await a.Namespace.SettleAsync(TestContext.Current.CancellationToken).InTimeAsync());
        var life = a.Namespace.Life;
        a.Directory.Fence(Namespace);
        await InTime.UntilAsync(() => a.Namespace.Life != life);
        await a.ConnectAsync();
        await client.AnswerAsync(invocation, 7);
        Assert.Equal(7, await result.InTimeAsync());
    }

    [Fact]
    public async Task A_connection_that_was_promised_an_id_of_a_life_that_has_ended_is_refused_before_the_hub_sees_it()
    {
        var a = await ServerAsync();
        var id = a.Namespace.NewSocketId();
        a.Directory.Fence(Namespace);
        await InTime.UntilAsync(() => a.Namespace.Life != id.Server);
        var http = new DefaultHttpContext();
        HubTokens.SetId(http, id);
        var client = await a.ConnectRefusedAsync(connection => connection.Features.Set<IHttpContextFeature>(new HttpFeature { HttpContext = http }));
        Assert.True(Assert.IsType<CloseMessage>(await client.NextAsync()).AllowReconnect);
        Assert.Null(await client.NextAsync());
        await client.Served.InTimeAsync();
        Assert.DoesNotContain(id.ToString(), TestHub.Seen);
        await InTime.UntilAsync(() => a.Namespace.LocalSocketCount == 0);
    }

    [Fact]
    public async Task A_connection_that_the_directory_does_not_confirm_in_time_is_refused()
    {
        var a = await ServerAsync((OrleansAdapterOptions options) => options.RequestsTimeout = TimeSpan.FromMilliseconds(100));
        a.Directory.Loses = true;
        var client = await a.ConnectRefusedAsync();
        Assert.True(Assert.IsType<CloseMessage>(await client.NextAsync()).AllowReconnect);
        await client.Served.InTimeAsync();
        await InTime.UntilAsync(() => a.Namespace.LocalSocketCount == 0);
    }

    [Fact]
    public async Task A_user_id_that_no_directory_can_carry_is_refused_with_its_reason()
    {
        var a = await ServerAsync();
        var client = await a.ConnectRefusedAsync(user: new string('x', 1025));
        var close = Assert.IsType<CloseMessage>(await client.NextAsync());
        Assert.Contains("1025 bytes", close.Error, StringComparison.Ordinal);
        Assert.False(close.AllowReconnect);
        await client.Served.InTimeAsync();
        var good = await a.ConnectAsync("anna");
        await a.Manager.SendUserAsync("anna", "said", ["hello"]).InTimeAsync();
        await good.HearsAsync("hello");
    }

    [Fact]
    public async Task Deliveries_are_counted_on_the_server_that_makes_them()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        TestClient[] clients = [await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync()];
        using var here = new MetricsReader(a.Services);
        using var there = new MetricsReader(b.Services);
        await a.Manager.SendAllAsync("said", ["hello"]).InTimeAsync();
        foreach (var client in clients)
        {
            await client.HearsAsync("hello");
        }
        Assert.Equal(1, here["orleansadapter.deliveries"]);
        Assert.Equal(2, there["orleansadapter.deliveries"]);
    }

    private sealed class HttpFeature : IHttpContextFeature
    {
        public HttpContext? HttpContext { get; set; }
    }
}

public sealed class InProcessConnectionTests() : ConnectionTests(new InProcessTestCluster());
