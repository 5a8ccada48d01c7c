using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Clients with another parser than the default one, beside clients with that.</summary>
public sealed class ParserTests
{
    private const string Path = "/msgpack";

    private static readonly PacketFormat MessagePack = SocketIOParser.MessagePack.Format;

    [Fact]
    public async Task Clients_of_both_parsers_are_in_one_room_with_acknowledgements_and_bytes_both_ways()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, serve: Serve, map: (app, _) => app.MapSocketIO(Path, SocketIOParser.MessagePack));
        await using var packed = await PackedClient.ConnectAsync(cluster[0]);
        var (json, _) = await cluster[1].JoinAsync();
        await using var disposed = json;

        await packed.SendAsync("""["join","room"]""");
        await json.SendAsync("""420["join","room"]""");
        Assert.Equal("430[true]", await json.ReceiveTextAsync());
        await packed.SendAsync("""["say","room",{"_placeholder":true,"num":0}]""", [[1, 2, 3]], id: 5);

        Assert.Equal("""451-["said",{"_placeholder":true,"num":0}]""", await json.ReceiveTextAsync());
        Assert.Equal([1, 2, 3], Assert.IsType<byte[]>(await json.ReceiveAsync()));
        var said = await packed.ReceiveAsync();
        Assert.Equal("said", said.Event);
        Assert.Equal([1, 2, 3], said.Arguments.Get<byte[]>(0)!);
        var ack = await packed.ReceiveAsync();
        Assert.Equal((SocketIOPacketType.Ack, 5L, true), (ack.Type, ack.Id, ack.Arguments.Get<bool>(0)));

        var asked = cluster[1].IO.To("room").Timeout(TimeSpan.FromSeconds(20)).EmitWithAckAsync<int>("ask", "how many");
        var question = await packed.ReceiveAsync();
        Assert.Equal(("ask", "how many"), (question.Event, question.Arguments.Get<string>(0)));
        await packed.SendAsync("[7]", id: question.Id, type: SocketIOPacketType.Ack);
        Assert.Equal("""420["ask","how many"]""", (await json.ReceiveTextAsync()).Replace("421", "420", StringComparison.Ordinal));
        await json.SendAsync("430[8]");
        Assert.Equal([7, 8], (await asked).Select(answer => answer.Value).Order());
    }

    [Fact]
    public async Task The_option_is_for_every_path_that_names_no_parser_and_polling_carries_it_as_base64()
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.Parser = SocketIOParser.MessagePack, serve: Serve);
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var query = "/socket.io/?EIO=4&transport=polling";
        var opened = await http.GetStringAsync(query, TestContext.Current.CancellationToken);
        var sid = JsonSerializer.Deserialize<JsonElement>(opened[1..]).GetProperty("sid").GetString();
        var connect = Encode(SocketIOPacketType.Connect, "{}", [], null);

        using var body = new StringContent("b" + Convert.ToBase64String(connect));
        var response = await http.PostAsync($"{query}&sid={sid}", body, TestContext.Current.CancellationToken);
        var answer = await http.GetStringAsync($"{query}&sid={sid}", TestContext.Current.CancellationToken);

        Assert.Equal("ok", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("b", answer, StringComparison.Ordinal);
        Assert.Equal(SocketIOPacketType.Connect, Decode(Convert.FromBase64String(answer[1..])).Type);
    }

    [Fact]
    public async Task Namespaces_and_refusals_are_said_and_a_compressed_connection_carries_it()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => (options.Parser, options.PerMessageDeflate) = (SocketIOParser.MessagePack, 0),
            serve: io => io.Of("/closed").Use(_ => throw new ConnectErrorException("no", new { code = 7 })));
        await using var packed = await PackedClient.ConnectAsync(
            cluster[0], "/socket.io", configure: options => options.DangerousDeflateOptions = new WebSocketDeflateOptions());

        await packed.SendAsync("""{"token":"x"}""", type: SocketIOPacketType.Connect, @namespace: "/closed");
        var refused = await packed.ReceiveAsync();
        Assert.Equal(
            (SocketIOPacketType.ConnectError, "/closed", """{"message":"no","data":{"code":7}}"""),
            (refused.Type, refused.Namespace, Encoding.UTF8.GetString(refused.Payload.Span)));
        await packed.SendAsync("{}", type: SocketIOPacketType.Connect, @namespace: "/nowhere,");
        Assert.Equal("""{"message":"Invalid namespace"}""", Encoding.UTF8.GetString((await packed.ReceiveAsync()).Payload.Span));
        await cluster[0].IO.Emit("said", new string('x', 5000));
        Assert.Equal(5000, (await packed.ReceiveAsync()).Arguments.Get<string>(0)!.Length);
        await packed.SendAsync("", type: SocketIOPacketType.Disconnect);
        await cluster[0].IO.Of("/").DisconnectSocketsAsync(close: true);
    }

    [Fact]
    public async Task A_session_goes_on_with_the_offset_as_the_last_argument()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            2, options => (options.ConnectionStateRecovery, options.Parser) = (new ConnectionStateRecoveryOptions(), SocketIOParser.MessagePack));
        var first = await PackedClient.ConnectAsync(cluster[0], "/socket.io");
        await cluster[1].IO.Emit("said", 1);
        var said = await first.ReceiveAsync();
        Assert.Equal((2, 1), (said.Arguments.Count, said.Arguments.Get<int>(0)));
        var offset = said.Arguments.Get<string>(1);
        await first.DisposeAsync();
        await cluster[1].IO.Emit("said", 2);

        await using var again = await PackedClient.ConnectAsync(cluster[1], "/socket.io", $$"""{"pid":"{{first.Secret}}","offset":"{{offset}}"}""");

        Assert.Equal((first.Id, first.Secret), (again.Id, again.Secret));
        Assert.Equal(2, (await again.ReceiveAsync()).Arguments.Get<int>(0));
    }

    [Fact]
    public async Task A_client_with_the_wrong_parser_is_disconnected_at_either_path()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: Serve, map: (app, _) => app.MapSocketIO(Path, SocketIOParser.MessagePack));
        await using var text = await TestSocket.ConnectAsync(cluster[0].Address, Path + "/?EIO=4&transport=websocket");
        Assert.StartsWith("0{", await text.ReceiveTextAsync(), StringComparison.Ordinal);
        await text.SendAsync("40");
        Assert.Empty(await text.ReceiveToEndAsync());

        await using var packed = await cluster[0].ConnectAsync();
        await packed.SendAsync(Encode(SocketIOPacketType.Connect, "{}", [], null));
        Assert.Empty(await packed.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_parser_of_ones_own_writes_a_broadcast_once_for_all_its_clients()
    {
        var parser = new LineParser();
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.Parser = SocketIOParser.Create(parser), serve: Serve);
        List<TestSocket> sockets = [];
        for (var i = 0; i < 5; i++)
        {
            var socket = await cluster[0].ConnectAsync();
            sockets.Add(socket);
            await socket.SendAsync("4Connect|/||{}");
            Assert.StartsWith("4Connect|/||{\"sid\":\"", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        }
        parser.Encoded.Clear();
        await sockets[0].SendAsync("""4Event|/|3|["all",{"a":[1]}]""");

        foreach (var socket in sockets)
        {
            Assert.Equal("""4Event|/||["said",{"a":[1]}]""", await socket.ReceiveTextAsync());
        }
        Assert.Equal("4Ack|/|3|[true]", await sockets[0].ReceiveTextAsync());
        Assert.Equal([SocketIOPacketType.Event, SocketIOPacketType.Ack], parser.Encoded.Select(packet => packet.Type));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Theory]
    [InlineData("write fails", "failed to write a packet")]
    [InlineData("write nothing", "made no message")]
    [InlineData("write separator", "U+001E")]
    public async Task A_client_whose_packet_cannot_be_written_is_disconnected_instead_of_missing_it(string name, string logged)
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.Parser = SocketIOParser.Create(new LineParser()));
        await using var socket = await cluster[0].ConnectAsync();
        await socket.SendAsync("4Connect|/||{}");
        await socket.ReceiveTextAsync();
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Single(cluster[0].IO.Root.Sockets).OnDisconnect(disconnect => ended.TrySetResult(disconnect.Reason));

        await cluster[0].IO.Emit(name);

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(DisconnectReasons.ParseError, await ended.Task.InTimeAsync());
        Assert.Contains(logged, Assert.Single(cluster[0].Log.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", null)]
    [InlineData("fail", "failed to read a client's message")]
    [InlineData("7|/||", null)]
    [InlineData("Event|a||[\"x\"]", null)]
    [InlineData("Event|/|-1|[\"x\"]", null)]
    [InlineData("Event|/||[\"x\",]", null)]
    [InlineData("Ack|/||[1]", null)]
    [InlineData("Connect|/b||{},{}", null)]
    public async Task What_a_parser_makes_of_broken_input_is_checked_and_ends_the_connection(string message, string? logged)
    {
        await using var cluster = await SocketIOCluster.StartAsync(configure: options => options.Parser = SocketIOParser.Create(new LineParser()));
        await using var socket = await cluster[0].ConnectAsync();
        await socket.SendAsync("4Connect|/||{}");
        await socket.ReceiveTextAsync();

        await socket.SendAsync("4" + message);

        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(logged is null ? 0 : 1, cluster[0].Log.Errors.Count(error => error.Contains(logged ?? "", StringComparison.Ordinal)));
    }

    private static void Serve(SocketIOServer io)
    {
        io.On("join", async (SocketIOSocket socket, string room) =>
        {
            await socket.Join(room);
            return true;
        });
        io.On("say", async (string room, SocketIOValue payload) =>
        {
            await io.To(room).Emit("said", payload);
            return true;
        });
        io.On("all", async (SocketIOValue payload) =>
        {
            await io.Emit("said", payload);
            return true;
        });
    }

    private static byte[] Encode(SocketIOPacketType type, string data, byte[][] attachments, long? id, string @namespace = "/") =>
        new MessagePackParser().Encode(new SocketIOPacket(type, @namespace)
        {
            Id = id,
            Data = Encoding.UTF8.GetBytes(data),
            Attachments = [.. attachments.Select(bytes => (ReadOnlyMemory<byte>)bytes)],
        }).Binary[0].ToArray();

    private static ReceivedPacket Decode(byte[] message)
    {
        Assert.Null(MessagePack.NewDecoder(JsonSerializerOptions.Web, 10, null).Add(true, message, out var packet));
        return packet!;
    }

    /// <summary>A client in the namespace <c>/</c> that speaks MessagePack.</summary>
    private sealed class PackedClient(TestSocket socket) : IAsyncDisposable
    {
        public string Id { get; private set; } = "";

        public string? Secret { get; private set; }

        public static async Task<PackedClient> ConnectAsync(
            SocketIOHost host, string path = Path, string auth = "{}", Action<ClientWebSocketOptions>? configure = null)
        {
            var socket = await TestSocket.ConnectAsync(host.Address, path + "/?EIO=4&transport=websocket", configure);
            Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
            var client = new PackedClient(socket);
            await client.SendAsync(auth, type: SocketIOPacketType.Connect);
            var connected = JsonSerializer.Deserialize<Dictionary<string, string>>((await client.ReceiveAsync()).Payload.Span)!;
            (client.Id, client.Secret) = (connected["sid"], connected.GetValueOrDefault("pid"));
            return client;
        }

        public Task SendAsync(
            string data, byte[][]? attachments = null, long? id = null, SocketIOPacketType type = SocketIOPacketType.Event, string @namespace = "/") =>
            socket.SendAsync(Encode(type, data, attachments ?? [], id, @namespace));

        public async Task<ReceivedPacket> ReceiveAsync() => Decode(Assert.IsType<byte[]>(await socket.ReceiveAsync()));

        public ValueTask DisposeAsync()
        {
            socket.Abort();
            return socket.DisposeAsync();
        }
    }

    /// <summary>A packet is a line: type, namespace, id and data, with bars between them. Fails where it is told to.</summary>
    private sealed class LineParser : ISocketIOParser, ISocketIODecoder
    {
        public ConcurrentQueue<SocketIOPacket> Encoded { get; } = new();

        public SocketIOMessages Encode(SocketIOPacket packet)
        {
            Encoded.Enqueue(packet);
            var data = Encoding.UTF8.GetString(packet.Data.Span);
            return data switch
            {
                "[\"write fails\"]" => throw new NotSupportedException(data),
                "[\"write nothing\"]" => new SocketIOMessages(default, []),
                "[\"write separator\"]" => new SocketIOMessages("\u001e"u8.ToArray(), []),
                _ => new SocketIOMessages(Encoding.UTF8.GetBytes($"{packet.Type}|{packet.Namespace}|{packet.Id}|{data}"), []),
            };
        }

        public ISocketIODecoder CreateDecoder(SocketIODecoderLimits limits)
        {
            Assert.Equal(new SocketIODecoderLimits(64, 10), limits);
            return this;
        }

        public SocketIOPacket? Add(bool isBinary, ReadOnlyMemory<byte> message)
        {
            var text = Encoding.UTF8.GetString(message.Span);
            if (text == "fail")
            {
                throw new NotSupportedException(text);
            }
            return text.Split('|', 4) is [var type, var name, var id, var data] && Enum.TryParse<SocketIOPacketType>(type, out var known)
                ? new SocketIOPacket(known, name) { Id = id.Length == 0 ? null : long.Parse(id, null), Data = Encoding.UTF8.GetBytes(data) }
                : throw new InvalidDataException("no line of four parts");
        }
    }
}
