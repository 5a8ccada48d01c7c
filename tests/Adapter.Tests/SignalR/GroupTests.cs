using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Groups: when a change holds, and what is no group.</summary>
public abstract class GroupTests(TestCluster cluster) : HubSuite(cluster)
{
    public static TheoryData<string, string> BadNames => new()
    {
        { "", "empty" },
        { new string('x', 1025), "1025 bytes" },
        { new string('ü', 513), "1026 bytes" },
        { "a\ud800b", "Unicode" },
    };

    [Fact]
    public async Task Adding_a_connection_of_another_server_holds_everywhere_when_the_task_ends()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        for (var i = 0; i < 50; i++)
        {
            await b.Manager.AddToGroupAsync(client.Id, $"group{i}").InTimeAsync();
            await c.Manager.SendGroupAsync($"group{i}", "said", [$"{i}"]).InTimeAsync();
            await client.HearsAsync($"{i}");
        }
    }

    [Fact]
    public async Task Removing_a_connection_of_another_server_holds_everywhere_when_the_task_ends()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        for (var i = 0; i < 50; i++)
        {
            await a.Manager.AddToGroupAsync(client.Id, "group").InTimeAsync();
            await b.Manager.RemoveFromGroupAsync(client.Id, "group").InTimeAsync();
            await c.Manager.SendGroupAsync("group", "said", ["too late"]).InTimeAsync();
            await c.Manager.SendAllAsync("said", [$"{i}"]).InTimeAsync();
            await client.HearsAsync($"{i}");
        }
    }

    [Fact]
    public async Task Adding_and_removing_without_waiting_keep_their_order()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        List<Task> changes = [];
        for (var i = 0; i < 20; i++)
        {
            changes.Add(b.Manager.AddToGroupAsync(client.Id, "group"));
            changes.Add(b.Manager.SendGroupAsync("group", "said", [$"{i}"]));
            changes.Add(b.Manager.RemoveFromGroupAsync(client.Id, "group"));
            changes.Add(b.Manager.SendGroupAsync("group", "said", ["between"]));
        }
        await Task.WhenAll(changes).InTimeAsync();
        for (var i = 0; i < 20; i++)
        {
            await client.HearsAsync($"{i}");
        }
    }

    [Fact]
    public async Task Being_added_twice_is_being_added_once()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        await a.Manager.AddToGroupAsync(client.Id, "group").InTimeAsync();
        await a.Manager.AddToGroupAsync(client.Id, "group").InTimeAsync();
        await b.Manager.AddToGroupAsync(client.Id, "group").InTimeAsync();
        await b.Manager.SendGroupAsync("group", "said", ["once"]).InTimeAsync();
        await client.HearsAsync("once");
        await a.Manager.RemoveFromGroupAsync(client.Id, "group").InTimeAsync();
        await b.Manager.SendGroupAsync("group", "said", ["never"]).InTimeAsync();
        await b.Manager.SendAllAsync("said", ["mark"]).InTimeAsync();
        await client.HearsAsync("mark");
    }

    [Fact]
    public async Task Leaving_a_group_one_is_not_in_does_nothing()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        await a.Manager.RemoveFromGroupAsync(client.Id, "group").InTimeAsync();
        await b.Manager.RemoveFromGroupAsync(client.Id, "group").InTimeAsync();
    }

    [Theory]
    [InlineData("no id at all")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    public async Task Groups_of_unknown_connections_are_left_alone(string id)
    {
        var a = await ServerAsync();
        await a.Manager.AddToGroupAsync(id, "group").InTimeAsync();
        await a.Manager.RemoveFromGroupAsync(id, "group").InTimeAsync();
        Assert.Empty(await a.Namespace.To("group").SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync());
    }

    [Fact]
    public async Task A_connection_that_ended_is_in_no_group()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var (gone, stays) = (await a.ConnectAsync("anna"), await a.ConnectAsync());
        await a.Manager.AddToGroupAsync(gone.Id, "group").InTimeAsync();
        await a.Manager.AddToGroupAsync(stays.Id, "group").InTimeAsync();
        await gone.GoneAsync();
        var members = await b.Namespace.To("group").SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(stays.Id, Assert.Single(members).ToString());
        await a.Manager.AddToGroupAsync(gone.Id, "group").InTimeAsync();
        await b.Manager.SendGroupAsync("group", "said", ["hello"]).InTimeAsync();
        await stays.HearsAsync("hello");
        Assert.DoesNotContain(gone.Taken, message => message is Microsoft.AspNetCore.SignalR.Protocol.InvocationMessage);
    }

    [Fact]
    public async Task Who_is_in_a_group_is_known_on_every_server()
    {
        var (a, b, c) = (await ServerAsync(), await ServerAsync(), await ServerAsync());
        TestClient[] members = [await a.ConnectAsync(), await b.ConnectAsync(), await b.ConnectAsync()];
        foreach (var member in members)
        {
            await c.Manager.AddToGroupAsync(member.Id, "group").InTimeAsync();
        }
        foreach (var server in new[] { a, b, c })
        {
            var ids = await server.Namespace.To("group").SocketIdsAsync(TestContext.Current.CancellationToken).InTimeAsync();
            Assert.Equal(members.Select(member => member.Id).Order(), ids.Select(id => id.ToString()).Order());
        }
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_bad_name_is_an_error_of_the_caller_that_says_what_is_wrong(string name, string why)
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        foreach (var call in new Func<Task>[]
        {
            () => a.Manager.AddToGroupAsync(client.Id, name),
            () => a.Manager.RemoveFromGroupAsync(client.Id, name),
            () => a.Manager.SendGroupAsync(name, "said", ["hello"]),
            () => a.Manager.SendGroupsAsync(["good", name], "said", ["hello"]),
            () => a.Manager.SendGroupExceptAsync(name, "said", ["hello"], []),
            () => a.Manager.SendUserAsync(name, "said", ["hello"]),
        })
        {
            var error = await Assert.ThrowsAsync<HubException>(call);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Parameter", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_bad_name_fails_the_hub_method_of_that_client_and_nothing_else()
    {
        var a = await ServerAsync();
        var (client, other) = (await a.ConnectAsync(), await a.ConnectAsync());
        var answer = await client.CallAsync(nameof(TestHub.Join), "");
        Assert.Contains("A room name may not be empty", answer.Error, StringComparison.Ordinal);
        Assert.Null((await client.CallAsync(nameof(TestHub.Join), "group")).Error);
        Assert.Null((await other.CallAsync(nameof(TestHub.Say), "group", "hello")).Error);
        await client.HearsAsync("hello");
    }

    [Fact]
    public async Task A_connection_id_is_no_name_for_a_group()
    {
        var a = await ServerAsync();
        var (client, other) = (await a.ConnectAsync(), await a.ConnectAsync());
        var error = await Assert.ThrowsAsync<HubException>(() => a.Manager.AddToGroupAsync(client.Id, other.Id));
        Assert.Contains("is the id of a socket", error.Message, StringComparison.Ordinal);
        await a.Manager.SendGroupAsync(other.Id, "said", ["to the id"]).InTimeAsync();
        await other.HearsAsync("to the id");
    }
}

public sealed class InProcessGroupTests() : GroupTests(new InProcessTestCluster());
