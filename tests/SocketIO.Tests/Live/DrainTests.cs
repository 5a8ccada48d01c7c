using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Draining;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>A server that stops: its clients are moved, and the cluster knows at once that it has gone.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly ForwardingFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly TaskCompletionSource _never = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Clients_get_what_was_sent_to_them_and_are_closed_in_a_way_that_lets_them_come_back()
    {
        var ended = Channel.CreateUnbounded<SocketIODisconnect>();
        await using var cluster = await StartAsync(2, io => io.OnConnection(socket => socket.OnDisconnect(end => ended.Writer.TryWrite(end))));
        var (socket, _) = await cluster[0].JoinAsync();
        var poll = await PollingAsync(cluster[0]);
        await cluster[0].IO.Emit("last", 1);
        var stopping = cluster[0].StopAsync();

        // No DISCONNECT packet: that would mean "stay away".
        Assert.Equal(["42[\"last\",1]"], await socket.ReceiveToEndAsync());
        Assert.Equal("42[\"last\",1]", await GetAsync(cluster[0], poll));
        Assert.Equal("1", await GetAsync(cluster[0], poll));
        await stopping.WaitAsync(InTime.Limit, Cancellation);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(DisconnectReasons.ServerShuttingDown, (await ended.NextAsync()).Reason);
        }
    }

    [Fact]
    public async Task A_server_that_has_stopped_is_out_of_the_rooms_and_the_list_at_once_and_all_that_it_published_arrives()
    {
        await using var cluster = await StartAsync(2, io => io.OnConnection(socket => socket.Join("room")));
        var (leaving, gone) = await cluster[0].JoinAsync();
        var (staying, here) = await cluster[1].JoinAsync();
        var emits = Enumerable.Range(0, 100).Select(i => cluster[0].IO.To("room").Emit("said", i)).ToArray();
        var reading = leaving.ReceiveToEndAsync();
        await cluster[0].StopAsync();
        await Task.WhenAll(emits);
        await reading;

        // The lease is 10 s long.
        Assert.Equal([here], await cluster[1].IO.To("room").SocketIdsAsync(Cancellation));
        var servers = await cluster[1].Services.GetRequiredService<ThisServer>().ServersAsync(Cancellation);
        Assert.DoesNotContain(servers, server => server.Process == gone.Server.Process);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"42[\"said\",{i}]", await staying.ReceiveAsync());
        }
    }

    [Fact]
    public async Task While_clients_move_new_ones_are_sent_elsewhere_and_those_that_are_here_go_on()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StartAsync(2, io =>
        {
            io.On("slow", async () =>
            {
                entered.SetResult();
                await release.Task;
                return "done";
            });
        });
        var (busy, _) = await cluster[0].JoinAsync();
        var server = cluster[0].Services.GetRequiredService<ThisServer>();
        await busy.SendAsync("421[\"slow\"]");
        await entered.Task.WaitAsync(InTime.Limit, Cancellation);
        var stopping = cluster[0].StopAsync();
        await UntilAsync(() => server.IsDraining);

        using (var refused = await _http.GetAsync(new Uri(cluster[0].Address, "/socket.io/?EIO=4&transport=polling"), Cancellation))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
            Assert.True(refused.Headers.ConnectionClose);
        }
        await Assert.ThrowsAnyAsync<Exception>(() => cluster[0].ConnectAsync());
        await cluster[1].IO.Emit("said", "meanwhile");
        Assert.Equal("42[\"said\",\"meanwhile\"]", await busy.ReceiveAsync());

        // Its answer is waited for.
        release.SetResult();
        Assert.Equal(["431[\"done\"]"], await busy.ReceiveToEndAsync());
        await stopping.WaitAsync(InTime.Limit, Cancellation);
    }

    [Fact]
    public async Task An_answer_that_the_client_owes_is_waited_for()
    {
        await using var cluster = await StartAsync(1, _ => { });
        var (client, id) = await cluster[0].JoinAsync();
        var asking = cluster[0].IO.Root.Find(id)!.EmitWithAckAsync<string>("question");
        Assert.Equal("420[\"question\"]", await client.ReceiveAsync());
        var stopping = cluster[0].StopAsync();
        await UntilAsync(() => cluster[0].Services.GetRequiredService<ThisServer>().IsDraining);
        await client.SendAsync("430[\"answer\"]");
        Assert.Equal("answer", await asking);
        Assert.Empty(await client.ReceiveToEndAsync());
        await stopping.WaitAsync(InTime.Limit, Cancellation);
    }

    [Fact]
    public async Task What_does_not_move_in_time_is_cut_off()
    {
        await using var cluster = await StartAsync(2, io => io.On("never", NeverAsync), TimeSpan.FromMilliseconds(300));
        var (client, _) = await cluster[0].JoinAsync();
        await client.SendAsync("421[\"never\"]");
        await _never.Task.WaitAsync(InTime.Limit, Cancellation);
        var reading = client.ReceiveToEndAsync();
        await cluster[0].StopAsync().WaitAsync(InTime.Limit, Cancellation);
        Assert.Empty(await reading);
        Assert.Empty(await cluster[1].IO.SocketIdsAsync(Cancellation));
        Assert.Contains(cluster[0].Log.Errors, line => line.Contains("DrainTimeout", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drain_that_has_no_more_time_ends_at_once()
    {
        await using var cluster = await StartAsync(1, io => io.On("never", NeverAsync), TimeSpan.FromHours(1));
        var (client, _) = await cluster[0].JoinAsync();
        await client.SendAsync("421[\"never\"]");
        await _never.Task.WaitAsync(InTime.Limit, Cancellation);
        var drain = cluster[0].Services.GetRequiredService<IServerDrain>();
        var stopping = cluster[0].StopAsync();
        await UntilAsync(() => cluster[0].Services.GetRequiredService<ThisServer>().IsDraining);
        drain.Hurry();
        await client.ReceiveToEndAsync();
        await stopping.WaitAsync(InTime.Limit, Cancellation);
    }

    [Fact]
    public async Task A_client_that_passes_through_a_server_that_stops_is_made_to_come_back_too()
    {
        // What passes through mostly ends by itself, and is left alone as long as the server is patient.
        await using var cluster = await StartAsync(2, _ => { }, patience: TimeSpan.FromSeconds(3));
        var sid = await PollingAsync(cluster[1]);
        await using var through = await TestSocket.ConnectAsync(cluster[0].Address, $"/socket.io/?EIO=4&transport=websocket&sid={sid}");
        await through.SendAsync("2probe");
        Assert.Equal("3probe", await through.ReceiveAsync());
        await through.SendAsync("5");
        await cluster[1].IO.Emit("said", 1);
        Assert.Equal("42[\"said\",1]", await through.ReceiveAsync());
        var stopping = cluster[0].StopAsync();
        Assert.Empty(await through.ReceiveToEndAsync());
        await stopping.WaitAsync(InTime.Limit, Cancellation);
        await UntilAsync(() => cluster[1].IO.Engine.SessionCount == 0);
    }

    private Task NeverAsync()
    {
        _never.TrySetResult();
        return Task.Delay(Timeout.Infinite, Cancellation);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(InTime.Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static string Query(string sid) => $"/socket.io/?EIO=4&transport=polling&sid={sid}";

    /// <summary>Starts servers.</summary>
    /// <param name="servers">How many.</param>
    /// <param name="serve">What they do.</param>
    /// <param name="limit">How long they may take to stop.</param>
    /// <param name="patience">How long the first one leaves clients alone that owe or are owed something; longer than any test where null.</param>
    private Task<SocketIOCluster> StartAsync(int servers, Action<SocketIOServer> serve, TimeSpan? limit = null, TimeSpan? patience = null)
    {
        var number = 0;
        return SocketIOCluster.StartAsync(
            servers,
            serve: serve,
            build: builder =>
            {
                var requests = number++ == 0 && patience is { } brief ? brief : TimeSpan.FromSeconds(100);
                builder.Services.Configure<OrleansAdapterOptions>(options =>
                {
                    _folder.Configure(options);
                    options.DrainTimeout = limit ?? TimeSpan.FromSeconds(30);
                    options.RequestsTimeout = requests;
                });
            });
    }

    /// <summary>A session of long-polling that is in the namespace, with no request waiting.</summary>
    private async Task<string> PollingAsync(SocketIOHost host)
    {
        var handshake = await _http.GetStringAsync(new Uri(host.Address, "/socket.io/?EIO=4&transport=polling"), Cancellation);
        var sid = System.Text.Json.JsonDocument.Parse(handshake[1..]).RootElement.GetProperty("sid").GetString()!;
        using var posted = await _http.PostAsync(new Uri(host.Address, Query(sid)), new StringContent("40", Encoding.UTF8), Cancellation);
        Assert.StartsWith("40{", await GetAsync(host, sid), StringComparison.Ordinal);
        return sid;
    }

    private Task<string> GetAsync(SocketIOHost host, string sid) => _http.GetStringAsync(new Uri(host.Address, Query(sid)), Cancellation);
}
