using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Client results, on the connection's own server and on another one.</summary>
public abstract class ClientResultTests(TestCluster cluster) : HubSuite(cluster)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_returns_a_value(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["how many?"], Cancel);
        var invocation = await client.NextInvocationAsync();
        Assert.Equal(("ask", "how many?"), (invocation.Target, invocation.Arguments[0]));
        await client.AnswerAsync(invocation, 7);
        Assert.Equal(7, await result.InTimeAsync());
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_returns_a_structure(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Hub.Clients.Client(client.Id).InvokeAsync<Answer>("ask", "who?", Cancel);
        await client.AnswerAsync(await client.NextInvocationAsync(), new Answer("anna", [1, 2]));
        var answer = await result.InTimeAsync();
        Assert.Equal("anna", answer.Name);
        Assert.Equal([1, 2], answer.Numbers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_returns_null(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Manager.InvokeConnectionAsync<string?>(client.Id, "ask", ["?"], Cancel);
        await client.AnswerAsync(await client.NextInvocationAsync(), null);
        Assert.Null(await result.InTimeAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_result_arrives_whole(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var text = new string('x', 30_000);
        var result = asker.Manager.InvokeConnectionAsync<string>(client.Id, "ask", ["?"], Cancel);
        await client.AnswerAsync(await client.NextInvocationAsync(), text);
        Assert.Equal(text, await result.InTimeAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_answers_with_an_error(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], Cancel);
        var invocation = await client.NextInvocationAsync();
        await client.SendAsync(CompletionMessage.WithError(invocation.InvocationId!, "I will not say"));
        Assert.Equal("I will not say", (await Assert.ThrowsAsync<HubException>(() => result.InTimeAsync())).Message);
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_result_of_another_type_is_an_error(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], Cancel);
        await client.AnswerAsync(await client.NextInvocationAsync(), "seven");
        Assert.StartsWith(
            "Error trying to deserialize result to Int32.",
            (await Assert.ThrowsAsync<HubException>(() => result.InTimeAsync())).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_that_are_unknown_fail_at_once(bool local)
    {
        var (asker, client) = await PairAsync(local);
        await client.GoneAsync();
        foreach (var id in new[] { "no id at all", "AAAAAAAAAAAAAAAAAAAA", client.Id })
        {
            var error = await Assert.ThrowsAsync<IOException>(() => asker.Manager.InvokeConnectionAsync<int>(id, "ask", ["?"], Cancel).InTimeAsync());
            Assert.Equal($"Connection '{id}' does not exist.", error.Message);
        }
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_goes_while_it_is_waited_for_is_an_error(bool local)
    {
        var (asker, client) = await PairAsync(local);
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], Cancel);
        await client.NextInvocationAsync();
        await client.GoneAsync();
        Assert.Equal($"Connection '{client.Id}' disconnected.", (await Assert.ThrowsAsync<IOException>(() => result.InTimeAsync())).Message);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_server_that_dies_while_its_client_is_waited_for_is_an_error()
    {
        var (asker, client) = await PairAsync(local: false);
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], Cancel);
        await client.NextInvocationAsync();
        Assert.True(SocketId.TryParse(client.Id, out var id));
        await Cluster.ReportDeathAsync(id.Server.Process);
        Assert.Equal($"Connection '{client.Id}' disconnected.", (await Assert.ThrowsAsync<IOException>(() => result.InTimeAsync())).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_gives_up_is_not_waited_for(bool local)
    {
        var (asker, client) = await PairAsync(local);
        using var giveUp = new CancellationTokenSource();
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], giveUp.Token);
        var invocation = await client.NextInvocationAsync();
        await giveUp.CancelAsync();
        Assert.Equal("Invocation canceled by the server.", (await Assert.ThrowsAsync<HubException>(() => result.InTimeAsync())).Message);
        await NothingIsLeftAsync();
        await client.AnswerAsync(invocation, 7);
        Assert.Null((await client.CallAsync(nameof(TestHub.Id))).Error);
    }

    [Fact]
    public async Task Two_servers_ask_one_client_at_once()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        var client = await a.ConnectAsync();
        var first = a.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["first"], Cancel);
        var invocation1 = await client.NextInvocationAsync();
        var second = b.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["second"], Cancel);
        var invocation2 = await client.NextInvocationAsync();
        Assert.NotEqual(invocation1.InvocationId, invocation2.InvocationId);
        await client.AnswerAsync(invocation2, 2);
        await client.AnswerAsync(invocation1, 1);
        int[] results = await Task.WhenAll(first, second).InTimeAsync();
        Assert.Equal([1, 2], results);
    }

    [Fact]
    public async Task Many_results_are_waited_for_at_once()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync());
        TestClient[] clients = [await a.ConnectAsync(), await b.ConnectAsync()];
        var results = Enumerable.Range(0, 200).Select(i => a.Manager.InvokeConnectionAsync<int>(clients[i % 2].Id, "ask", [$"{i}"], Cancel)).ToArray();
        for (var i = 0; i < results.Length; i++)
        {
            var invocation = await clients[i % 2].NextInvocationAsync();
            Assert.Equal($"{i}", invocation.Arguments[0]);
            await clients[i % 2].AnswerAsync(invocation, i);
        }
        Assert.Equal(Enumerable.Range(0, 200), await Task.WhenAll(results).InTimeAsync());
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task An_answer_of_another_connection_closes_that_one_and_counts_for_nothing()
    {
        var (asker, client) = await PairAsync(local: false);
        var liar = await Servers[1].ConnectAsync();
        var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], Cancel);
        var invocation = await client.NextInvocationAsync();
        await liar.AnswerAsync(invocation, 666);
        Assert.IsType<CloseMessage>(await liar.NextAsync());
        await client.AnswerAsync(invocation, 7);
        Assert.Equal(7, await result.InTimeAsync());
    }

    [Fact]
    public async Task An_invocation_comes_after_what_was_sent_before_it()
    {
        var (asker, client) = await PairAsync(local: false);
        for (var i = 0; i < 20; i++)
        {
            _ = asker.Manager.SendAllAsync("said", [$"{i}"]);
            var result = asker.Manager.InvokeConnectionAsync<int>(client.Id, "ask", [$"{i}"], Cancel);
            await client.HearsAsync($"{i}");
            await client.AnswerAsync(await client.NextInvocationAsync(), i);
            Assert.Equal(i, await result.InTimeAsync());
        }
    }

    private readonly List<TestServer> _started = [];

    private IReadOnlyList<TestServer> Servers => _started;

    private async Task<(TestServer Asker, TestClient Client)> PairAsync(bool local)
    {
        _started.AddRange([await ServerAsync(), await ServerAsync()]);
        return (_started[0], await _started[local ? 0 : 1].ConnectAsync());
    }

    /// <summary>Nothing is kept for what has ended. The last word to the other server may still be on its way.</summary>
    private Task NothingIsLeftAsync() =>
        InTime.UntilAsync(() => _started.All(server => server.Invocations.Count == (0, 0) && server.This.PendingRequestCount == 0));

    private sealed record Answer(string Name, int[] Numbers);
}

public sealed class InProcessClientResultTests() : ClientResultTests(new InProcessTestCluster());
