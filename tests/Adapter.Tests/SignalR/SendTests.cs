using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Who gets what: every member of the lifetime manager that sends. That something does not come is seen by what comes next.</summary>
public abstract class SendTests(TestCluster cluster) : HubSuite(cluster)
{
    private static readonly object?[] Hello = ["hello"];
    private static readonly object?[] Mark = ["mark"];

    [Fact]
    public async Task All_reaches_the_connections_of_every_server()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        TestClient[] clients = [await a.ConnectAsync(), await b.ConnectAsync(), await c.ConnectAsync()];
        await a.Manager.SendAllAsync("said", Hello).InTimeAsync();
        foreach (var client in clients)
        {
            await client.HearsAsync("hello");
        }
    }

    [Fact]
    public async Task All_except_leaves_connections_out_wherever_they_are()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (here, there, out1, out2) = (await a.ConnectAsync(), await b.ConnectAsync(), await a.ConnectAsync(), await b.ConnectAsync());
        await a.Manager.SendAllExceptAsync("said", Hello, [out1.Id, out2.Id, "no id at all"]).InTimeAsync();
        await a.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await here.HearsAsync("hello");
        await there.HearsAsync("hello");
        await out1.HearsAsync("mark");
        await out2.HearsAsync("mark");
    }

    [Fact]
    public async Task A_connection_is_reached_from_every_server_and_nobody_else_is()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (one, other) = (await a.ConnectAsync(), await a.ConnectAsync());
        await a.Manager.SendConnectionAsync(one.Id, "said", ["here"]).InTimeAsync();
        await b.Manager.SendConnectionAsync(one.Id, "said", ["there"]).InTimeAsync();
        await b.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await one.HearsAsync("here");
        await one.HearsAsync("there");
        await other.HearsAsync("mark");
    }

    [Theory]
    [InlineData("no id at all")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("")]
    public async Task Sending_to_an_unknown_connection_does_nothing(string id)
    {
        var a = await ServerAsync();
        await a.Manager.SendConnectionAsync(id, "said", Hello).InTimeAsync();
        await a.Manager.SendConnectionsAsync([id], "said", Hello).InTimeAsync();
    }

    [Fact]
    public async Task Several_connections_on_several_servers_get_it_once_each()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (one, two, other) = (await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync());
        await a.Manager.SendConnectionsAsync([one.Id, two.Id, one.Id], "said", Hello).InTimeAsync();
        await a.Manager.SendAllAsync("said", Mark).InTimeAsync();
        foreach (var client in new[] { one, two })
        {
            await client.HearsAsync("hello");
            await client.HearsAsync("mark");
        }
        await other.HearsAsync("mark");
    }

    [Fact]
    public async Task A_group_has_members_on_several_servers()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var (one, two, other) = (await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync());
        await a.Manager.AddToGroupAsync(one.Id, "group").InTimeAsync();
        await b.Manager.AddToGroupAsync(two.Id, "group").InTimeAsync();
        await c.Manager.SendGroupAsync("group", "said", Hello).InTimeAsync();
        await c.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await one.HearsAsync("hello");
        await two.HearsAsync("hello");
        await other.HearsAsync("mark");
    }

    [Fact]
    public async Task A_member_of_several_groups_gets_it_once()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (both, second) = (await a.ConnectAsync(), await b.ConnectAsync());
        await a.Manager.AddToGroupAsync(both.Id, "first").InTimeAsync();
        await a.Manager.AddToGroupAsync(both.Id, "second").InTimeAsync();
        await b.Manager.AddToGroupAsync(second.Id, "second").InTimeAsync();
        await b.Manager.SendGroupsAsync(["first", "second", "nobody"], "said", Hello).InTimeAsync();
        await b.Manager.SendGroupsAsync([], "said", ["nothing"]).InTimeAsync();
        await b.Manager.SendAllAsync("said", Mark).InTimeAsync();
        foreach (var client in new[] { both, second })
        {
            await client.HearsAsync("hello");
            await client.HearsAsync("mark");
        }
    }

    [Fact]
    public async Task A_group_except_leaves_members_out_wherever_they_are()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        TestClient[] members = [await a.ConnectAsync(), await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync()];
        foreach (var member in members)
        {
            await a.Manager.AddToGroupAsync(member.Id, "group").InTimeAsync();
        }
        await a.Manager.SendGroupExceptAsync("group", "said", Hello, [members[1].Id, members[3].Id]).InTimeAsync();
        await a.Manager.SendGroupAsync("group", "said", Mark).InTimeAsync();
        await members[0].HearsAsync("hello");
        await members[2].HearsAsync("hello");
        await members[1].HearsAsync("mark");
        await members[3].HearsAsync("mark");
    }

    [Fact]
    public async Task A_user_is_reached_on_all_of_its_connections()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (one, two, other) = (await a.ConnectAsync("anna"), await b.ConnectAsync("anna"), await b.ConnectAsync("bert"));
        await b.Manager.SendUserAsync("anna", "said", Hello).InTimeAsync();
        await b.Manager.SendUserAsync("nobody", "said", Hello).InTimeAsync();
        await one.HearsAsync("hello");
        await one.GoneAsync();
        await b.Manager.SendUserAsync("anna", "said", ["still"]).InTimeAsync();
        await b.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await two.HearsAsync("hello");
        await two.HearsAsync("still");
        await other.HearsAsync("mark");
    }

    [Fact]
    public async Task Several_users_are_reached()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (anna, bert, carl) = (await a.ConnectAsync("anna"), await b.ConnectAsync("bert"), await b.ConnectAsync("carl"));
        await a.Manager.SendUsersAsync(["anna", "bert", "anna"], "said", Hello).InTimeAsync();
        await a.Manager.SendUsersAsync([], "said", Hello).InTimeAsync();
        await a.Manager.SendAllAsync("said", Mark).InTimeAsync();
        foreach (var client in new[] { anna, bert })
        {
            await client.HearsAsync("hello");
            await client.HearsAsync("mark");
        }
        await carl.HearsAsync("mark");
    }

    [Fact]
    public async Task A_user_and_a_group_of_one_name_are_two_things()
    {
        var a = await ServerAsync();
        var (user, member) = (await a.ConnectAsync("anna"), await a.ConnectAsync("bert"));
        await a.Manager.AddToGroupAsync(member.Id, "anna").InTimeAsync();
        await a.Manager.SendUserAsync("anna", "said", ["user"]).InTimeAsync();
        await a.Manager.SendGroupAsync("anna", "said", ["group"]).InTimeAsync();
        await user.HearsAsync("user");
        await member.HearsAsync("group");
    }

    [Fact]
    public async Task Clients_of_the_hub_context_are_reached_the_same_way()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync("anna");
        await b.Hub.Groups.AddToGroupAsync(client.Id, "group").InTimeAsync();
        await b.Hub.Clients.Group("group").SendAsync("said", "group").InTimeAsync();
        await b.Hub.Clients.Client(client.Id).SendAsync("said", "client").InTimeAsync();
        await b.Hub.Clients.User("anna").SendAsync("said", "user").InTimeAsync();
        await client.HearsAsync("group");
        await client.HearsAsync("client");
        await client.HearsAsync("user");
    }

    [Fact]
    public async Task What_cannot_be_serialised_fails_for_the_sender_and_is_not_sent()
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        await Assert.ThrowsAnyAsync<NotSupportedException>(() => a.Manager.SendAllAsync("said", [new Func<int>(() => 1)]));
        await Assert.ThrowsAsync<ArgumentException>(() => a.Manager.SendAllAsync("", Hello));
        await a.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await client.HearsAsync("mark");
    }

    [Fact]
    public async Task A_send_that_is_cancelled_before_it_began_sends_nothing()
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => a.Manager.SendAllAsync("said", Hello, new CancellationToken(canceled: true)));
        await a.Manager.SendAllAsync("said", Mark).InTimeAsync();
        await client.HearsAsync("mark");
    }

    [Fact]
    public async Task Arguments_of_all_kinds_arrive_as_they_were()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await b.ConnectAsync();
        client.Arguments["many"] = [typeof(string), typeof(int), typeof(double?), typeof(byte[]), typeof(Dictionary<string, bool>), typeof(Named)];
        await a.Manager.SendAllAsync(
            "many",
            ["grüße \"<\u001e>\" 🙂", 7, null, new byte[] { 1, 2, 255 }, new Dictionary<string, bool> { ["x"] = true }, new Named("n", [1, 2])]).InTimeAsync();
        var arguments = (await client.NextInvocationAsync()).Arguments;
        Assert.Equal("grüße \"<\u001e>\" 🙂", arguments[0]);
        Assert.Equal(7, arguments[1]);
        Assert.Null(arguments[2]);
        Assert.Equal(new byte[] { 1, 2, 255 }, arguments[3]);
        Assert.True(Assert.IsType<Dictionary<string, bool>>(arguments[4])["x"]);
        Assert.Equal(new Named("n", [1, 2]), Assert.IsType<Named>(arguments[5]));
    }

    private sealed record Named(string Name, int[] Numbers)
    {
        public bool Equals(Named? other) => other is not null && Name == other.Name && Numbers.SequenceEqual(other.Numbers);

        public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    public async Task Arguments_are_as_deep_as_a_client_can_read_or_an_error_to_the_sender(int depth, bool isGood)
    {
        var server = await ServerAsync();
        var client = await server.ConnectAsync();
        client.Arguments["deep"] = [typeof(System.Text.Json.JsonElement)];
        var value = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(new string('[', depth) + new string(']', depth));
        if (isGood)
        {
            await server.Manager.SendAllAsync("deep", [value]).InTimeAsync();
            Assert.Equal(System.Text.Json.JsonValueKind.Array, ((System.Text.Json.JsonElement)(await client.NextInvocationAsync()).Arguments[0]!).ValueKind);
        }
        else
        {
            await Assert.ThrowsAnyAsync<System.Text.Json.JsonException>(async () => await server.Manager.SendAllAsync("deep", [value]));
            await Assert.ThrowsAnyAsync<System.Text.Json.JsonException>(async () => await server.Namespace.Emit("deep", value));
        }
        await server.Manager.SendAllAsync("said", ["still here"]).InTimeAsync();
        await client.HearsAsync("still here");
    }
}
