namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What the other tests take for granted of their client.</summary>
public sealed class TestSocketTests
{
    [Fact]
    public async Task A_client_that_its_test_does_not_use_any_more_stays_connected()
    {
        var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("x", came.SetResult));
        var client = await SendAsync(cluster[0]);
        await came.Task.InTimeAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(client.IsAlive, "The client has been collected, and its connection closed.");
        Assert.Single(cluster[0].IO.Root.Sockets);
    }

    [Fact]
    public async Task A_message_of_any_size_is_received_whole()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("large", (int size) => new string('x', size)));
        var (client, _) = await cluster[0].JoinAsync();
        foreach (var size in new[] { 1, 1_000_000, 16_384 - 10, 10 })
        {
            await client.SendAsync($"420[\"large\",{size}]");
            Assert.Equal($"430[\"{new string('x', size)}\"]", await client.ReceiveTextAsync());
        }
    }

    /// <summary>Sends an event, and keeps nothing of the client.</summary>
    private static async Task<WeakReference> SendAsync(SocketIOHost host)
    {
        var (client, _) = await host.JoinAsync();
        await client.SendAsync("42[\"x\"]");
        return new WeakReference(client);
    }
}
