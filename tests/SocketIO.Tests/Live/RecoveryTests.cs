using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Clients whose connection broke come back to their sessions, on the wire as the official client speaks it (docs/RECOVERY.md).</summary>
public sealed class RecoveryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Off_nothing_changes_on_the_wire()
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        await using var socket = await cluster[0].ConnectAsync();
        await socket.SendAsync("""40{"pid":"AAAAAAAAAAAAAAAAAAAAAA","offset":"x","token":1}""");
        Assert.Matches("""^40\{"sid":"[A-Za-z0-9_-]{20}"\}$""", await socket.ReceiveTextAsync());
        await cluster[0].IO.Emit("said", 1);
        Assert.Equal("""42["said",1]""", await socket.ReceiveTextAsync());
        Assert.Equal("AAAAAAAAAAAAAAAAAAAAAA", Assert.Single(cluster[0].IO.Root.Sockets).Handshake.Auth.GetProperty("pid").GetString());
    }

    [Fact]
    public async Task A_client_comes_back_on_another_server_and_gets_what_it_missed_once_and_in_order()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 2);
        await using var first = await Client.ConnectAsync(cluster[0]);
        var before = await connected.NextAsync();
        await before.Join("room");
        await cluster[1].IO.Emit("said", 1);
        await first.ReadAsync("""["said",1""");
        first.Break();
        await cluster[1].IO.To("room").Emit("said", 2);
        await cluster[1].IO.To("elsewhere").Emit("said", 3);
        await cluster[0].IO.To(first.Id).Emit("said", 4, "text");

        await using var again = await first.ComeBackAsync(cluster[1]);
        await cluster[0].IO.Emit("said", 5);

        Assert.Equal((first.Id, first.Secret), (again.Id, again.Secret));
        await again.ReadAsync("""["said",2""");
        await again.ReadAsync("[\"said\",4,\"text\",");
        await again.ReadAsync("""["said",5""");
        var after = await connected.NextAsync();
        Assert.True(after.Recovered);
        Assert.Equal(new HashSet<string> { "room", first.Id }, after.Rooms);
        await cluster[0].IO.To(first.Id).Emit("said", 6);
        await again.ReadAsync("""["said",6""");
    }

    [Fact]
    public async Task Zero_events_are_enough_and_data_come_back()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 2, io => io.On("set", (SocketIOSocket socket, string value) =>
        {
            socket.Data["kept"] = value;
            return true;
        }));
        await using var first = await Client.ConnectAsync(cluster[0]);
        await connected.NextAsync();
        await first.Socket.SendAsync("""421["set","it"]""");
        Assert.Equal("431[true]", await first.Socket.ReceiveTextAsync());
        first.Break();

        await using var again = await first.ComeBackAsync(cluster[1]);

        Assert.Equal(first.Secret, again.Secret);
        Assert.Equal("it", ((JsonElement)(await connected.NextAsync()).Data["kept"]!).GetString());
    }

    [Fact]
    public async Task Who_missed_something_that_cannot_be_read_begins_anew_and_nothing_is_left_behind()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 2);
        await using var first = await Client.ConnectAsync(cluster[0]);
        var before = await connected.Reader.ReadAsync(Cancellation);
        var away = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.OnDisconnect(_ => away.SetResult());
        first.Break();

        // For one that its worker takes for connected it would be left out there, as for all others, and so not be missed.
        await away.Task.InTimeAsync();
        await cluster[1].IO.Root.Core.PublishAsync(Operation.Emit(BroadcastTarget.Socket(before.Id), new byte[] { 250 }));

        await using var again = await first.ComeBackAsync(cluster[1]);

        var after = await connected.Reader.ReadAsync(Cancellation);
        Assert.False(after.Recovered);
        Assert.Equal([after.Id], await cluster[0].IO.Root.Core.SocketIdsAsync(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task What_a_handler_emits_while_the_client_is_away_is_not_lost()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1, io => io.OnConnection(socket =>
        {
            if (!socket.Recovered)
            {
                socket.Emit("welcome");
            }
        }));
        await using var first = await Client.ConnectAsync(cluster[0]);
        await first.ReadAsync("""["welcome",""");
        first.Break();

        await using var again = await first.ComeBackAsync(cluster[0]);
        await cluster[0].IO.To(first.Id).Emit("later");

        await again.ReadAsync("""["later",""");
    }

    [Fact]
    public async Task A_second_connection_with_the_secret_ends_the_first_which_had_not_noticed()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 2);
        await using var first = await Client.ConnectAsync(cluster[0]);

        await using var again = await first.ComeBackAsync(cluster[1]);

        Assert.Equal(first.Id, again.Id);
        Assert.Empty(await first.Socket.ReceiveToEndAsync());
        await cluster[0].IO.Emit("said", 1);
        await again.ReadAsync("""["said",1""");
        Assert.Equal(1, await cluster[0].IO.CountSocketsAsync(Cancellation));
    }

    [Fact]
    public async Task A_session_can_be_asked_for_again_with_a_newer_offset()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 2);
        await using var first = await Client.ConnectAsync(cluster[0]);
        first.Break();
        await cluster[0].IO.Emit("said", 1);
        await cluster[0].IO.Emit("said", 2);
        await using var second = await first.ComeBackAsync(cluster[1]);
        await second.ReadAsync("""["said",1""");
        second.Break();

        await using var third = await second.ComeBackAsync(cluster[0]);

        await third.ReadAsync("""["said",2""");
        Assert.Equal(first.Id, third.Id);
    }

    [Theory]
    [InlineData("""{"pid":"AAAAAAAAAAAAAAAAAAAAAA"}""", "Unknown")]
    [InlineData("""{"pid":"AAAAAAAAAAAAAAAAAAAAAA","offset":"AAAAAAAAAAAAAAAAAAAAAA"}""", "forged")]
    [InlineData("""{"pid":"short","offset":5}""", "forged")]
    [InlineData("""{"pid":null}""", "forged")]
    [InlineData("""{"pid":{"a":[]},"offset":{}}""", "forged")]
    [InlineData("""{"pid":"SECRET","offset":"~~~~"}""", "forged")]
    [InlineData("""{"pid":"SECRET","offset":"f____________________w"}""", "forged")]
    [InlineData("""{"pid":"SECRET","offset":"cAAAAAAAAAAAAAAAAAAABQ"}""", "BadOffset")]
    [InlineData("""{"pid":"SECRET","offset":{"a":1}}""", "forged")]
    public async Task Whatever_no_server_gave_out_begins_a_new_session_without_an_error_and_is_counted(string auth, string outcome)
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1);
        await using var first = await Client.ConnectAsync(cluster[0]);
        await connected.NextAsync();
        first.Break();
        var counted = new ConcurrentQueue<string>();
        using var listener = CountRecoveries(cluster[0], counted);

        await using var again = await Client.ConnectAsync(cluster[0], auth.Replace("SECRET", first.Secret, StringComparison.Ordinal));

        Assert.Equal([outcome], counted);

        Assert.NotEqual(first.Id, again.Id);
        Assert.NotEqual(first.Secret, again.Secret);
        var socket = await connected.NextAsync();
        Assert.False(socket.Recovered);
        Assert.False(socket.Handshake.Auth.TryGetProperty("pid", out _) || socket.Handshake.Auth.TryGetProperty("offset", out _));
    }

    [Theory]
    [InlineData("41")]
    [InlineData("nonsense")]
    public async Task A_client_that_left_or_broke_the_protocol_has_no_session_any_more(string last)
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1);
        await using var first = await Client.ConnectAsync(cluster[0]);
        var socket = await connected.NextAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Not Disconnected, which is signalled before the namespace is told that the session is over.
        socket.OnDisconnect(_ => ended.SetResult());
        await first.Socket.SendAsync(last);
        await ended.Task.InTimeAsync();

        await using var again = await first.ComeBackAsync(cluster[0]);

        Assert.NotEqual(first.Id, again.Id);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Middlewares_run_for_who_comes_back_only_where_asked_to(bool skip, int expected)
    {
        var ran = 0;
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1, io => io.Use(_ => Task.FromResult(Interlocked.Increment(ref ran))), skip);
        await using var first = await Client.ConnectAsync(cluster[0]);
        first.Break();
        await cluster[0].IO.Emit("said", 1);

        await using var again = await first.ComeBackAsync(cluster[0]);

        Assert.Equal((first.Id, expected), (again.Id, ran));
        await again.ReadAsync("""["said",1""");
    }

    [Fact]
    public async Task Who_is_rejected_by_a_middleware_has_got_nothing_and_may_ask_again()
    {
        var lets = true;
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(
            connected, 1, io => io.Use(_ => lets ? Task.CompletedTask : throw new ConnectErrorException("not now")), skip: false);
        await using var first = await Client.ConnectAsync(cluster[0]);
        first.Break();
        await cluster[0].IO.Emit("said", 1);
        lets = false;
        await using var rejected = await cluster[0].ConnectAsync();
        await rejected.SendAsync($$"""40{"pid":"{{first.Secret}}"}""");
        Assert.Equal("""44{"message":"not now"}""", await rejected.ReceiveTextAsync());
        lets = true;

        await using var again = await first.ComeBackAsync(cluster[0]);

        Assert.Equal(first.Id, again.Id);
        await again.ReadAsync("""["said",1""");
    }

    [Fact]
    public async Task Volatile_and_local_packets_carry_an_offset_and_do_not_come_again()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1);
        await using var first = await Client.ConnectAsync(cluster[0]);
        await cluster[0].IO.Emit("said", 1);
        await first.ReadAsync("""["said",1""");
        await cluster[0].IO.Local.Emit("said", "ends in a string");
        await first.ReadAsync("""["said","ends in a string",""");
        await cluster[0].IO.Volatile.Emit("said", "ends in a string");
        await first.ReadAsync("""["said","ends in a string",""");
        first.Break();
        await cluster[0].IO.Volatile.Emit("said", "gone");
        await cluster[0].IO.Emit("said", 2);

        await using var again = await first.ComeBackAsync(cluster[0]);

        await again.ReadAsync("""["said",2""");
    }

    [Fact]
    public async Task Binary_comes_back_whole()
    {
        var connected = Channel.CreateUnbounded<SocketIOSocket>();
        await using var cluster = await StartAsync(connected, 1);
        await using var first = await Client.ConnectAsync(cluster[0]);
        first.Break();
        await cluster[0].IO.Emit("said", new byte[] { 1, 2, 3 });

        await using var again = await first.ComeBackAsync(cluster[0]);

        Assert.StartsWith("""451-["said",{"_placeholder":true,"num":0},""", await again.Socket.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal(new byte[] { 1, 2, 3 }, await again.Socket.ReceiveAsync());
    }

    [Fact]
    public async Task Of_a_client_that_does_not_come_back_the_server_that_had_it_tells_once()
    {
        var disconnected = Channel.CreateUnbounded<SocketIODisconnect>();
        var ended = Channel.CreateUnbounded<(string Server, SocketIOSessionEnd End)>();
        await using var cluster = await SocketIOCluster.StartAsync(
            2,
            options => options.ConnectionStateRecovery = new ConnectionStateRecoveryOptions { MaxDisconnectionDuration = TimeSpan.FromMilliseconds(100) },
            io =>
            {
                io.OnSessionEnded(_ => throw new InvalidOperationException("A listener that fails keeps nothing from the others."));
                io.OnSessionEnded(end => ended.Writer.WriteAsync((io.Root.Core.Life.ToString(), end), Cancellation).AsTask());
                io.OnConnection(socket =>
                {
                    socket.Data["name"] = "Ada";
                    socket.OnDisconnect(disconnect => disconnected.Writer.WriteAsync(disconnect, Cancellation).AsTask());
                });
            });
        await using var first = await Client.ConnectAsync(cluster[1]);
        await using var left = await Client.ConnectAsync(cluster[1]);
        await left.Socket.SendAsync("41");
        Assert.False((await disconnected.NextAsync()).MayComeBack);
        first.Break();
        Assert.True((await disconnected.NextAsync()).MayComeBack);

        var (server, end) = await ended.NextAsync();

        Assert.Equal(
            (cluster[1].IO.Root.Core.Life.ToString(), first.Id, null, "Ada", "Expired"),
            (server, end.Id.ToString(), end.UserId, end.Data["name"].GetString(), end.Reason));
        await using var again = await first.ComeBackAsync(cluster[0]);
        Assert.NotEqual(first.Id, again.Id);
        Assert.False(ended.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Of_a_request_that_is_repeated_at_all_servers_one_may_act_within_the_window()
    {
        await using var cluster = await StartAsync(Channel.CreateUnbounded<SocketIOSocket>(), 3);
        var asked = Enumerable.Range(0, 30).Select(i => (Id: i % 5, Task: cluster[i % 3].IO.Once($"request {i % 5}"))).ToArray();
        await Task.WhenAll(asked.Select(each => each.Task));

        Assert.All(asked.GroupBy(each => each.Id), repeats => Assert.Single(repeats, each => each.Task.Result));
        Assert.True(await cluster[0].IO.Of("/other").Once("request 0")); // a namespace's ids are its own
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("long")]
    public async Task A_request_needs_an_id_and_recovery(string? id)
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        var text = id == "long" ? new string('x', 1_001) : id;
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cluster[0].IO.Once(text!));
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster[0].IO.Once("request"));
        Assert.Contains("SocketIOOptions.ConnectionStateRecovery", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Counts who asks for a session at a server, by outcome.</summary>
    private static MeterListener CountRecoveries(SocketIOHost host, ConcurrentQueue<string> outcomes)
    {
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "orleansadapter.recoveries" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => outcomes.Enqueue((string)tags[0].Value!));
        listener.Start();
        return listener;
    }

    private static Task<SocketIOCluster> StartAsync(Channel<SocketIOSocket> connected, int servers, Action<SocketIOServer>? serve = null, bool skip = true) =>
        SocketIOCluster.StartAsync(servers, options => options.ConnectionStateRecovery = new ConnectionStateRecoveryOptions { SkipMiddlewares = skip }, io =>
        {
            serve?.Invoke(io);
            io.OnConnection(socket => connected.Writer.TryWrite(socket) ? Task.CompletedTask : throw new InvalidOperationException("The test has ended."));
        });

    /// <summary>A client that keeps its secret and offset, as the official one does.</summary>
    private sealed class Client(TestSocket socket, string id, string secret, string? offset) : IAsyncDisposable
    {
        private string? _offset = offset;

        public TestSocket Socket => socket;

        public string Id => id;

        public string Secret => secret;

        public static async Task<Client> ConnectAsync(SocketIOHost host, string auth = "", string? offset = null)
        {
            var socket = await host.ConnectAsync();
            await socket.SendAsync("40" + auth);
            var answer = await socket.ReceiveTextAsync();
            Assert.StartsWith("40{", answer, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(answer[2..]);
            Assert.Equal(2, json.RootElement.EnumerateObject().Count());
            return new Client(socket, json.RootElement.GetProperty("sid").GetString()!, json.RootElement.GetProperty("pid").GetString()!, offset);
        }

        public Task<Client> ComeBackAsync(SocketIOHost host) =>
            ConnectAsync(host, _offset is null ? $$"""{"pid":"{{secret}}"}""" : $$"""{"pid":"{{secret}}","offset":"{{_offset}}"}""", _offset);

        public void Break() => socket.Abort();

        /// <summary>Reads the next event, which is to begin like this, and ends with an offset.</summary>
        public async Task ReadAsync(string begin)
        {
            var text = await socket.ReceiveTextAsync();
            Assert.StartsWith("42" + begin, text, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(text[2..]);
            _offset = json.RootElement[json.RootElement.GetArrayLength() - 1].GetString();
            Assert.Equal(22, _offset!.Length);
        }

        public ValueTask DisposeAsync() => socket.DisposeAsync();
    }
}
