using System.Text.Json;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Socket.IO as it goes over the wire.</summary>
public sealed class ProtocolTests : IAsyncLifetime
{
    private SocketIOCluster _cluster = null!;

    private SocketIOHost Host => _cluster[0];

    public async ValueTask InitializeAsync() => _cluster = await SocketIOCluster.StartAsync(serve: Serve);

    public async ValueTask DisposeAsync()
    {
        var errors = Host.Log.Errors;
        await _cluster.DisposeAsync();
        Assert.Empty(errors);
    }

    private static void Serve(SocketIOServer io)
    {
        foreach (var @namespace in new[] { io.Root, io.Of("/custom") })
        {
            @namespace.OnConnection(socket =>
            {
                socket.Emit("auth", socket.Handshake.Auth);
                socket.OnAny(_ => { });
                socket.On("message", (SocketIOArguments arguments) => socket.Emit("message-back", All(arguments)));
                socket.On("message-with-ack", (SocketIOArguments arguments, SocketIOAck ack) => ack.Send(All(arguments)));
                socket.On("leave-me", () => socket.Disconnect());
                socket.On("close-me", () => socket.Disconnect(close: true));
            });
        }
    }

    private static object?[] All(SocketIOArguments arguments) =>
        [.. Enumerable.Range(0, arguments.Count).Select(i => arguments.IsBytes(i) ? arguments.Get<byte[]>(i) : (object?)arguments.Get<JsonElement>(i))];

    [Theory]
    [InlineData("40", "40{", "42[\"auth\",{}]")]
    [InlineData("40{\"token\":\"123\"}", "40{", "42[\"auth\",{\"token\":\"123\"}]")]
    [InlineData("40/custom,", "40/custom,{", "42/custom,[\"auth\",{}]")]
    [InlineData("40/custom", "40/custom,{", "42/custom,[\"auth\",{}]")]
    [InlineData("40/custom,{\"token\":\"abc\"}", "40/custom,{", "42/custom,[\"auth\",{\"token\":\"abc\"}]")]
    public async Task A_client_comes_in_and_then_gets_events(string connect, string expected, string auth)
    {
        await using var socket = await Host.ConnectAsync();
        await socket.SendAsync(connect);

        Assert.StartsWith(expected, await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal(auth, await socket.ReceiveTextAsync());
    }

    [Fact]
    public async Task A_namespace_that_is_not_there_is_refused_and_the_connection_lives()
    {
        await using var socket = await Host.ConnectAsync();
        await socket.SendAsync("40/random");
        Assert.Equal("44/random,{\"message\":\"Invalid namespace\"}", await socket.ReceiveTextAsync());
        await socket.SendAsync("40");
        Assert.StartsWith("40{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("42[\"message\",1,\"2\",{\"3\":[true]}]", "42[\"message-back\",1,\"2\",{\"3\":[true]}]")]
    [InlineData("42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]", "43456[1,\"2\",{\"3\":[false]}]")]
    public async Task Events_and_acknowledgements_go_both_ways(string sent, string expected)
    {
        await using var socket = await InAsync();
        await socket.SendAsync(sent);

        Assert.Equal(expected, await socket.ReceiveAsync());
    }

    [Theory]
    [InlineData("452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
        "452-[\"message-back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]")]
    [InlineData("452-789[\"message-with-ack\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
        "462-789[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]")]
    public async Task Bytes_go_both_ways(string sent, string expected)
    {
        await using var socket = await InAsync();
        await socket.SendAsync(sent);
        await socket.SendAsync([1, 2, 3]);
        await socket.SendAsync([4, 5, 6]);

        Assert.Equal(expected, await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 1, 2, 3 }, await socket.ReceiveAsync());
        Assert.Equal(new byte[] { 4, 5, 6 }, await socket.ReceiveAsync());
    }

    [Theory]
    [InlineData("4abc", DisconnectReasons.ParseError)]
    [InlineData("42{}", DisconnectReasons.ParseError)]
    [InlineData("42abc[\"message-with-ack\",1]", DisconnectReasons.ParseError)]
    [InlineData("42[\"connect\"]", DisconnectReasons.ParseError)]
    [InlineData("abc", DisconnectReasons.ParseError)]
    [InlineData("44{\"message\":\"no\"}", DisconnectReasons.ForcedServerClose)]
    [InlineData("2", DisconnectReasons.TransportError)]
    [InlineData("1", DisconnectReasons.TransportClose)]
    public async Task What_may_not_come_ends_the_connection_with_its_reason(string sent, string reason)
    {
        var ended = new TaskCompletionSource<SocketIODisconnect>();
        Host.IO.OnConnection(socket => socket.OnDisconnect(ended.SetResult));
        await using var socket = await InAsync();
        await socket.SendAsync(sent);

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(reason, (await ended.Task.InTimeAsync()).Reason);
    }

    [Fact]
    public async Task An_acknowledgement_that_nobody_asked_for_is_nothing()
    {
        await using var socket = await InAsync();
        await socket.SendAsync("4399[1]");
        await socket.SendAsync("42[\"unknown\"]");
        await socket.SendAsync("42[\"message\"]");

        Assert.Equal("42[\"message-back\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_client_leaves_one_namespace_and_stays_in_the_other()
    {
        await using var socket = await InAsync();
        await socket.SendAsync("40/custom");
        await socket.ReceiveAsync();
        await socket.ReceiveAsync();
        await socket.SendAsync("41/custom");
        await socket.SendAsync("42[\"message\",\"still here\"]");

        Assert.Equal("42[\"message-back\",\"still here\"]", await socket.ReceiveAsync());
        await socket.SendAsync("40/custom");
        Assert.StartsWith("40/custom,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_on_its_way_when_the_server_ends_a_namespace_does_no_harm()
    {
        await using var socket = await InAsync();
        await socket.SendAsync("40/custom");
        await socket.ReceiveAsync();
        await socket.ReceiveAsync();
        await socket.SendAsync("42/custom,[\"leave-me\"]");
        Assert.Equal("41/custom,", await socket.ReceiveAsync());
        await socket.SendAsync("42/custom,[\"message\"]");
        await socket.SendAsync("41/custom,");
        await socket.SendAsync("42[\"message\"]");

        Assert.Equal("42[\"message-back\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task The_server_ends_the_whole_connection()
    {
        await using var socket = await InAsync();
        await socket.SendAsync("42[\"close-me\"]");

        Assert.Equal(["41"], await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_packet_that_may_not_come_by_polling_is_answered_with_400()
    {
        using var http = new HttpClient { BaseAddress = Host.Address };
        var cancellation = TestContext.Current.CancellationToken;
        using var handshake = JsonDocument.Parse((await http.GetStringAsync("/socket.io/?EIO=4&transport=polling", cancellation)).AsMemory(1));
        using var answer = await http.PostAsync(
            $"/socket.io/?EIO=4&transport=polling&sid={handshake.RootElement.GetProperty("sid").GetString()}", new StringContent("4not a packet"),
                cancellation);

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Everything_works_by_polling()
    {
        using var http = new HttpClient { BaseAddress = Host.Address };
        var cancellation = TestContext.Current.CancellationToken;
        using var handshake = JsonDocument.Parse((await http.GetStringAsync("/socket.io/?EIO=4&transport=polling", cancellation)).AsMemory(1));
        var path = $"/socket.io/?EIO=4&transport=polling&sid={handshake.RootElement.GetProperty("sid").GetString()}";
        using var connected = await http.PostAsync(path, new StringContent("40"), cancellation);
        var answers = await http.GetStringAsync(path, cancellation);
        while (!answers.Contains("\"auth\"", StringComparison.Ordinal))
        {
            answers += "\u001e" + await http.GetStringAsync(path, cancellation);
        }
        using var said = await http.PostAsync(
            path, new StringContent("451-[\"message\",{\"_placeholder\":true,\"num\":0}]\u001ebAQID\u001e427[\"message-with-ack\"]"), cancellation);
        answers = await http.GetStringAsync(path, cancellation);
        while (!answers.Contains("437", StringComparison.Ordinal))
        {
            answers += "\u001e" + await http.GetStringAsync(path, cancellation);
        }

        Assert.Equal("451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\u001ebAQID\u001e437[]", answers);
    }

    private async Task<TestSocket> InAsync()
    {
        var (socket, _) = await Host.JoinAsync();
        Assert.Equal("42[\"auth\",{}]", await socket.ReceiveTextAsync());
        return socket;
    }
}
