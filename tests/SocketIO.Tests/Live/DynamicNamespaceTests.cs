using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Namespaces that clients bring into being, and that go with them (CleanupEmptyChildNamespaces).</summary>
public sealed class DynamicNamespaceTests
{
    private static readonly Regex Pattern = new("^/room-\\d+$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_that_came_and_went_leave_nothing_on_the_server()
    {
        const int atATime = 100;
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.MaxDynamicNamespaces, options.MaxDynamicNamespacesPerConnection) = (atATime, 2 * atATime), serve: Serve);
        var socket = await cluster[0].ConnectAsync();

        for (var round = 0; round < 10; round++)
        {
            var names = Enumerable.Range(round * atATime, atATime).Select(i => $"/room-{i}").ToArray();
            foreach (var name in names)
            {
                await socket.SendAsync($"40{name},");
            }
            for (var heard = 0; heard < 2 * names.Length; heard++)
            {
                Assert.Matches("^4[02]/room-", await socket.ReceiveTextAsync());
            }
            Assert.Equal(1 + atATime, ThisServerOf(cluster[0]).Namespaces.Count());
            for (var more = 0; more < 3; more++)
            {
                await socket.SendAsync("40/room-7777,");
                Assert.Equal("44/room-7777,{\"message\":\"Too many namespaces on this server (MaxDynamicNamespaces)\"}", await socket.ReceiveAsync());
            }
            foreach (var name in names)
            {
                await socket.SendAsync($"41{name},");
            }
            await RemovedAsync(cluster[0]);
        }

        Assert.Equal(["/"], ThisServerOf(cluster[0]).Namespaces.Select(@namespace => @namespace.Name));
        Assert.Equal(10, cluster[0].Log.Errors.Count(warning => warning.Contains("MaxDynamicNamespaces", StringComparison.Ordinal)));
        Assert.Equal(10, cluster[0].Log.Errors.Count);
    }

    [Fact]
    public async Task One_that_was_removed_is_made_again_and_is_in_the_cluster_as_before()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, options => options.CleanupEmptyChildNamespaces = true, Serve);
        var (other, _) = await cluster[1].JoinAsync("/room-1");
        Assert.Equal("42/room-1,[\"hello\"]", await other.ReceiveAsync());
        var ids = new HashSet<SocketId>();
        for (var i = 0; i < 5; i++)
        {
            var (one, id) = await cluster[0].JoinAsync("/room-1");
            Assert.True(ids.Add(id));
            Assert.Equal("42/room-1,[\"hello\"]", await one.ReceiveAsync());
            await one.SendAsync($"42/room-1,[\"say\",{i}]");
            Assert.Equal($"42/room-1,[\"said\",{i}]", await one.ReceiveAsync());
            Assert.Equal($"42/room-1,[\"said\",{i}]", await other.ReceiveAsync());
            await other.SendAsync($"42/room-1,[\"say\",\"{i}\"]");
            Assert.Equal($"42/room-1,[\"said\",\"{i}\"]", await one.ReceiveAsync());
            Assert.Equal($"42/room-1,[\"said\",\"{i}\"]", await other.ReceiveAsync());
            Assert.Equal(2, (await cluster[1].IO.Of("/room-1").FetchSocketsAsync(cancellationToken: Cancellation)).Count);
            await one.CloseAsync();
            await RemovedAsync(cluster[0]);
        }
        Assert.Equal(5, ids.Select(id => id.Server).Distinct().Count());
    }

    [Fact]
    public async Task Only_children_that_are_empty_are_removed_and_those_that_middlewares_keep_empty_too()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.CleanupEmptyChildNamespaces = true, serve: io =>
        {
            Serve(io);
            io.Of("/static");
            io.Of((name, auth) =>
                ValueTask.FromResult(name == "/guarded" && auth.TryGetProperty("key", out _))).Use(_ => throw new ConnectErrorException("never"));
        });
        // Somebody else uses the same namespace of the cluster: it stays, and only Socket.IO's part goes.
        var (socket, _) = await cluster[0].JoinAsync("/room-1");
        await socket.ReceiveAsync();
        ThisServerOf(cluster[0]).Of("/room-2");
        await socket.SendAsync("40/room-2,");
        await socket.ReceiveAsync();
        await socket.ReceiveAsync();
        await socket.SendAsync("41/room-2,");
        await socket.SendAsync("40/guarded,");
        Assert.Equal("44/guarded,{\"message\":\"Invalid namespace\"}", await socket.ReceiveAsync());
        await socket.SendAsync("40/guarded,{\"key\":1}");
        Assert.Equal("44/guarded,{\"message\":\"never\"}", await socket.ReceiveAsync());

        await RemovedAsync(cluster[0], "/", "/room-1", "/static");

        Assert.Equal(
            ["/", "/room-1", "/room-2", "/static"], ThisServerOf(cluster[0]).Namespaces.Select(@namespace => @namespace.Name).Order(StringComparer.Ordinal));
        await socket.SendAsync("42/room-1,[\"say\",1]");
        Assert.Equal("42/room-1,[\"said\",1]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Clients_that_come_while_one_is_being_removed_get_in()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.CleanupEmptyChildNamespaces = true, serve: Serve);
        using var stop = new CancellationTokenSource();
        var removing = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    cluster[0].IO.RemoveEmpty(TimeSpan.Zero);
                }
            },
            Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            var socket = await cluster[0].ConnectAsync();
            for (var i = 0; i < 50; i++)
            {
                await socket.SendAsync("40/room-1,");
                Assert.StartsWith("40/room-1,", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
                Assert.Equal("42/room-1,[\"hello\"]", await socket.ReceiveAsync());
                await socket.SendAsync("41/room-1,");
            }
        }));
        await stop.CancelAsync();
        await removing;
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task They_stay_where_that_was_asked_for()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.CleanupEmptyChildNamespaces = false, serve: Serve);
        var (socket, _) = await cluster[0].JoinAsync("/room-1");
        await socket.CloseAsync();

        await InTime.UntilAsync(() => cluster[0].IO.Of("/room-1").Sockets.Count == 0);
        cluster[0].IO.RemoveEmpty(TimeSpan.Zero);

        Assert.Equal(2, cluster[0].IO.Namespaces.Count);
    }

    private static void Serve(SocketIOServer io) => io.Of(Pattern)
        .OnConnection(socket => socket.Emit("hello"))
        .On("say", (SocketIOSocket socket, JsonElement what) => socket.Namespace.Emit("said", what));

    private static ThisServer ThisServerOf(SocketIOHost host) => host.Services.GetRequiredService<ThisServer>();

    private static async Task RemovedAsync(SocketIOHost host, params string[] left)
    {
        while (host.IO.Namespaces.Count > Math.Max(1, left.Length))
        {
            Cancellation.ThrowIfCancellationRequested();
            host.IO.RemoveEmpty(TimeSpan.Zero);
            await Task.Yield();
        }
        Assert.Equal(left is [] ? ["/"] : left, host.IO.Namespaces.Select(@namespace => @namespace.Name).Order(StringComparer.Ordinal));
    }
}
