using System.Text.RegularExpressions;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>One connection and its namespaces: what goes wrong in one, and how many there may be.</summary>
public sealed class ManyNamespacesTests
{
    private static readonly Regex Any = new("^/room-\\d+$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_tries_anew_while_its_first_attempt_waits_comes_in_once_and_stays_in_the_others()
    {
        var gates = Enumerable.Range(0, 2).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var attempts = 0;
        List<SocketIODisconnect> ended = [];
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.On("echo", (string text) => text);
            io.Of("/feed").Use(_ => gates[Interlocked.Increment(ref attempts) - 1].Task).OnConnection(socket => socket.OnDisconnect(ended.Add));
        });
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("40/feed,");
        await UntilAsync(() => Volatile.Read(ref attempts) == 1);
        await socket.SendAsync("40/feed,");
        await UntilAsync(() => Volatile.Read(ref attempts) == 2);
        gates[0].SetResult();
        await socket.SendAsync("420[\"echo\",\"still here\"]");
        Assert.Equal("430[\"still here\"]", await socket.ReceiveAsync());
        gates[1].SetResult();

        Assert.StartsWith("40/feed,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("421[\"echo\",\"and here\"]");
        Assert.Equal("431[\"and here\"]", await socket.ReceiveAsync());
        Assert.Equal(1, await cluster[0].IO.Of("/feed").CountSocketsAsync(Cancellation));
        Assert.Empty(ended);
    }

    [Fact]
    public async Task An_attempt_that_is_given_up_or_replaced_and_then_refused_is_told_to_nobody()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var attempts = 0;
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.Of("/feed").Use(async _ =>
        {
            if (Interlocked.Increment(ref attempts) < 3)
            {
                await gate.Task;
                throw new ConnectErrorException("no");
            }
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("40/feed,");
        await UntilAsync(() => Volatile.Read(ref attempts) == 1);
        await socket.SendAsync("41/feed,");
        await socket.SendAsync("40/feed,");
        await UntilAsync(() => Volatile.Read(ref attempts) == 2);
        await socket.SendAsync("40/feed,");
        Assert.StartsWith("40/feed,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        gate.SetResult();
        await socket.SendAsync("41/feed,");
        await socket.SendAsync("40/feed,");

        Assert.StartsWith("40/feed,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_connects_again_where_it_is_in_gets_a_new_socket_for_the_old_one()
    {
        var ended = new TaskCompletionSource<SocketIODisconnect>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.OnConnection(socket => socket.OnDisconnect(end => ended.TrySetResult(end))));
        var (socket, id) = await cluster[0].JoinAsync();
        await socket.SendAsync("40");

        var answer = await socket.ReceiveTextAsync();
        Assert.StartsWith("40{", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(id.ToString(), answer, StringComparison.Ordinal);
        Assert.Equal(DisconnectReasons.ClientNamespaceDisconnect, (await ended.Task.InTimeAsync()).Reason);
        Assert.Equal(1, await cluster[0].IO.CountSocketsAsync(Cancellation));
    }

    [Theory]
    [InlineData("42/custom,[\"message\"]")]
    [InlineData("43/custom,1[]")]
    [InlineData("41/custom,")]
    public async Task A_packet_for_a_namespace_that_the_client_is_not_in_harms_no_other_one(string sent)
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.Of("/custom");
            io.On("echo", (string text) => text);
        });
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync(sent);
        Assert.Equal("41/custom,", await socket.ReceiveAsync());
        await socket.SendAsync("420[\"echo\",\"still here\"]");

        Assert.Equal("430[\"still here\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task One_connection_cannot_use_up_the_dynamic_namespaces_of_all()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxDynamicNamespaces = 20, serve: io => io.Of(Any));
        var (greedy, _) = await cluster[0].JoinAsync("/room-0");
        await greedy.SendAsync("40/room-1,");
        Assert.StartsWith("40/room-1,{\"sid\"", await greedy.ReceiveTextAsync(), StringComparison.Ordinal);
        await greedy.SendAsync("40/room-2,");
        var refused = await greedy.ReceiveTextAsync();
        Assert.StartsWith("44/room-2,", refused, StringComparison.Ordinal);
        Assert.Contains("MaxDynamicNamespacesPerConnection", refused, StringComparison.Ordinal);

        var (other, _) = await cluster[0].JoinAsync("/room-2");
        await greedy.SendAsync("40/room-2,");
        Assert.StartsWith("40/room-2,{\"sid\"", await greedy.ReceiveTextAsync(), StringComparison.Ordinal);
        await other.CloseAsync();
    }

    [Fact]
    public async Task One_connection_is_in_so_many_namespaces_at_most()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.MaxNamespacesPerConnection = 2, serve: io =>
        {
            io.Of("/a");
            io.Of("/b");
        });
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("40/a,");
        Assert.StartsWith("40/a,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40/b,");
        Assert.StartsWith("44/b,{\"message\":\"Too many namespaces", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("41/a,");
        await socket.SendAsync("40/b,");
        Assert.StartsWith("40/b,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_dynamic_namespaces_are_cleaned_up_by_default() => Assert.True(new SocketIOOptions().CleanupEmptyChildNamespaces);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
