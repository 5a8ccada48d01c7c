using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansAdapter.Admin;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>What one server tells those who look, without a page.</summary>
public sealed class SocketWatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_that_ends_when_others_look_says_nothing_of_what_those_see()
    {
        const int count = 300;
        await using var host = await SocketIOCluster.StartAsync(1);
        var io = host[0].IO;
        var (root, watcher) = (io.Cluster.Of("/"), io.Cluster.Process);
        var news = Channel.CreateUnbounded<byte[]>();
        await using var watch = new SocketWatch(
            io.Cluster, new SocketIOAdminOptions(), io.Engine, packet => news.Writer.WriteAsync(packet).AsTask(), NullLogger.Instance);
        using var late = new LateData();
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => root.ConnectAsync(new LargeSocket(root, late)))).InTimeAsync();
        watch.Watch(watcher);
        Assert.Equal(count, await ShownAsync(news));

        var snapshot = Task.Run(
            () =>
            {
                late.IsHere.Value = true;
                return watch.SnapshotAsync(watcher, Cancellation);
            },
            Cancellation);
        await late.Begun.InTimeAsync();
        watch.Unwatch(watcher);
        await InTime.UntilAsync(() => !watch.IsOn);
        watch.Watch(watcher);
        await InTime.UntilAsync(() => watch.IsOn);
        late.Go();
        Assert.InRange((await snapshot.InTimeAsync()).Sockets.Count, 200, count - 1); // all together are too large
        while (news.Reader.TryRead(out _))
        {
        }

        Assert.Equal(count, await ShownAsync(news));
    }

    /// <summary>How many sockets are shown, as the next figures say.</summary>
    private static async Task<int> ShownAsync(Channel<byte[]> news)
    {
        while (true)
        {
            using var packet = JsonDocument.Parse(await news.NextAsync("server_stats"));
            foreach (var one in packet.RootElement.GetProperty("news").EnumerateArray())
            {
                if (one[0].ValueEquals("server_stats"))
                {
                    return one[1].GetProperty("shownSockets").GetInt32();
                }
            }
        }
    }

    /// <summary>Holds up the snapshot of whoever says that it is the one.</summary>
    private sealed class LateData : IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _go = new();

        public AsyncLocal<bool> IsHere { get; } = new();

        public Task Begun => _begun.Task;

        public void Go() => _go.Set();

        public void Pass()
        {
            if (IsHere.Value)
            {
                _begun.TrySetResult();
                _go.Wait(Cancellation);
            }
        }

        public void Dispose() => _go.Dispose();
    }

    /// <summary>A socket whose data are as large as may be shown.</summary>
    private sealed class LargeSocket(Namespace @namespace, LateData late) : LocalSocket(@namespace.NewSocketId())
    {
        private static readonly byte[] Data = JsonSerializer.SerializeToUtf8Bytes(new { text = new string('x', SocketJson.Limit - 100) });

        internal override ClientKind Kind => ClientKind.SocketIO("websocket");

        internal override void WriteData(Utf8JsonWriter writer, JsonSerializerOptions options)
        {
            late.Pass();
            writer.WriteRawValue(Data);
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
