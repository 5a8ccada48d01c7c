
namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Packets whose attachments do not come.</summary>
public sealed class UnfinishedPacketTests
{
    private const string Header = "4510-[\"a\",{\"_placeholder\":true,\"num\":0}]";

    [Fact]
    public async Task A_packet_whose_attachments_do_not_come_in_time_ends_its_connection()
    {
        var told = new TaskCompletionSource<SocketIODisconnect>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.PingInterval, options.UnfinishedTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500)),
            serve: io => io.OnConnection(socket => socket.OnDisconnect(told.SetResult)));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync(Header);
        while (await socket.ReceiveAsync() is string text)
        {
            if (text == "2")
            {
                await socket.SendAsync("3"); // it is there, and does as it should otherwise
            }
        }

        Assert.Contains(nameof(EngineIOOptions.UnfinishedTimeout), (await told.Task.InTimeAsync()).Description, StringComparison.Ordinal);
        Assert.Equal(0, cluster[0].IO.Engine.Unfinished.Held);
    }

    [Fact]
    public async Task Attachments_that_do_not_fit_beside_those_of_other_packets_end_their_own_connection_only()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.MaxHttpBufferSize, options.MaxUnfinishedBytes) = (100_000, 300_000),
            serve: io => io.On("echo", (string text) => text));
        var (first, _) = await cluster[0].JoinAsync();
        await first.SendAsync(Header);
        await first.SendAsync(new byte[100_000]);
        await first.SendAsync(new byte[100_000]);
        await InTime.UntilAsync(() => cluster[0].IO.Engine.Unfinished.Held >= 200_000);
        var (second, _) = await cluster[0].JoinAsync();
        await second.SendAsync(Header);
        await second.SendAsync(new byte[50_000]);
        await second.SendAsync(new byte[60_000]);

        Assert.Empty(await second.ReceiveToEndAsync());
        var (third, _) = await cluster[0].JoinAsync();
        await third.SendAsync("420[\"echo\",\"hello\"]");
        Assert.Equal("430[\"hello\"]", await third.ReceiveAsync());
        await first.CloseAsync();
        await InTime.UntilAsync(() => cluster[0].IO.Engine.Unfinished.Held == 0);
        Assert.Single(cluster[0].Log.Errors, line => line.Contains("MaxUnfinishedBytes", StringComparison.Ordinal));
    }
}
