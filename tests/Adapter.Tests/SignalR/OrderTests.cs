using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>One order for all members, wherever they are, and the order of each publisher in it.</summary>
public abstract class OrderTests(TestCluster cluster) : HubSuite(cluster)
{
    private const int Messages = 300;

    [Fact]
    public async Task Members_on_all_servers_hear_one_sequence_from_publishers_on_all_servers()
    {
        TestServer[] servers = [await ServerAsync(), await ServerAsync(), await ServerAsync()];
        List<TestClient> members = [];
        foreach (var server in servers)
        {
            members.AddRange([await server.ConnectAsync(), await server.ConnectAsync()]);
        }
        foreach (var member in members)
        {
            Assert.Null((await member.CallAsync(nameof(TestHub.Join), "group")).Error);
        }
        await Task.WhenAll(members.Select((member, i) => member.CallAsync(nameof(TestHub.Burst), "group", $"{i}:", Messages))).InTimeAsync();
        var expected = await HeardAsync(members[0], members.Count * Messages);
        foreach (var member in members.Skip(1))
        {
            Assert.Equal(expected, await HeardAsync(member, expected.Count));
        }
        for (var i = 0; i < members.Count; i++)
        {
            Assert.Equal(Enumerable.Range(0, Messages).Select(n => $"{i}:{n}"), expected.Where(text => text.StartsWith($"{i}:", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task What_goes_to_a_connection_a_group_a_user_and_all_is_in_one_order()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync("anna");
        await a.Manager.AddToGroupAsync(client.Id, "group").InTimeAsync();
        for (var i = 0; i < Messages; i += 4)
        {
            _ = b.Manager.SendConnectionAsync(client.Id, "said", [$"{i}"]);
            _ = b.Manager.SendGroupAsync("group", "said", [$"{i + 1}"]);
            _ = b.Manager.SendUserAsync("anna", "said", [$"{i + 2}"]);
            _ = b.Manager.SendAllAsync("said", [$"{i + 3}"]);
        }
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"{i}"), await HeardAsync(client, Messages));
    }

    [Fact]
    public async Task A_hub_methods_result_comes_after_what_it_sent()
    {
        var a = await ServerAsync();
        var client = await a.ConnectAsync();
        client.Taken.Clear();
        for (var i = 0; i < 50; i++)
        {
            await client.CallAsync(nameof(TestHub.Echo), "", 3);
        }
        var taken = client.Taken.ToArray();
        for (var i = 0; i < taken.Length; i++)
        {
            Assert.IsType(i % 4 == 3 ? typeof(CompletionMessage) : typeof(InvocationMessage), taken[i]);
        }
    }

    [Fact]
    public async Task Clients_that_go_while_it_is_sent_to_them_disturb_nobody()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        List<TestClient> stay = [], go = [];
        for (var i = 0; i < 8; i++)
        {
            stay.Add(await (i % 2 == 0 ? a : b).ConnectAsync());
            go.Add(await (i % 2 == 0 ? a : b).ConnectAsync());
        }
        foreach (var member in stay.Concat(go))
        {
            await a.Manager.AddToGroupAsync(member.Id, "group").InTimeAsync();
        }
        var sent = Task.WhenAll(Enumerable.Range(0, Messages).Select(i => (i % 2 == 0 ? a : b).Manager.SendGroupAsync("group", "said", [$"{i}"])));
        var gone = Task.WhenAll(go.Select(async (client, i) =>
        {
            await Task.Yield();
            if (i % 2 == 0)
            {
                client.Connection.Abort();
                await client.Served;
            }
            else
            {
                await client.GoneAsync();
            }
        }));
        await Task.WhenAll(sent, gone).InTimeAsync();
        var expected = await HeardAsync(stay[0], Messages);
        Assert.Equal(Messages, expected.Distinct().Count());
        foreach (var member in stay.Skip(1))
        {
            Assert.Equal(expected, await HeardAsync(member, Messages));
        }
        Assert.Equal(stay.Count, await b.Namespace.To("group").CountSocketsAsync().InTimeAsync());
    }

    private static async Task<List<string>> HeardAsync(TestClient client, int count)
    {
        List<string> heard = [];
        while (heard.Count < count)
        {
            heard.Add((string)(await client.NextInvocationAsync()).Arguments[0]!);
        }
        return heard;
    }
}

public sealed class InProcessOrderTests() : OrderTests(new InProcessTestCluster());
