using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Packets;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A hub protocol that is not JSON, next to it and instead of it, on servers that have it and servers that do not.</summary>
public abstract class ProtocolTests(TestCluster cluster) : HubSuite(cluster)
{
    [Fact]
    public async Task Clients_of_both_protocols_hear_the_same()
    {
        var (a, b) = (await ServerAsync(new BinaryHubProtocol()), await ServerAsync(new BinaryHubProtocol()));
        TestClient[] clients =
        [
            await a.ConnectAsync(), await a.ConnectAsync(protocol: new BinaryHubProtocol()),
            await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol()),
        ];
        for (var i = 0; i < 20; i++)
        {
            _ = (i % 2 == 0 ? a : b).Manager.SendAllAsync("said", [$"{i}"]);
        }
        var heard = await Task.WhenAll(clients.Select(async client =>
        {
            List<object?> texts = [];
            while (texts.Count < 20)
            {
                texts.AddRange((await client.NextInvocationAsync()).Arguments);
            }
            return texts;
        }));
        Assert.All(heard, texts => Assert.Equal(heard[0], texts));
    }

    [Fact]
    public async Task A_hub_without_JSON_works()
    {
        var (a, b) = (await ServerAsync(OnlyBinary, new BinaryHubProtocol()), await ServerAsync(OnlyBinary, new BinaryHubProtocol()));
        var client = await a.ConnectAsync(protocol: new BinaryHubProtocol());
        Assert.Null((await client.CallAsync(nameof(TestHub.Join), "group")).Error);
        await b.Manager.SendGroupAsync("group", "said", ["hello"]).InTimeAsync();
        await client.HearsAsync("hello");
        var result = b.Manager.InvokeConnectionAsync<long>(client.Id, "ask", ["?"], CancellationToken.None);
        await client.AnswerAsync(await client.NextInvocationAsync(), 7L);
        Assert.Equal(7, await result.InTimeAsync());

        static void OnlyBinary(HubOptions hub) => hub.SupportedProtocols = ["binary"];
    }

    [Fact]
    public async Task A_publishers_encoding_is_used_as_it_is_by_all_clients_of_a_server()
    {
        var (publisher, receiver) = (new BinaryHubProtocol(), new BinaryHubProtocol());
        var (a, b) = (await ServerAsync(publisher), await ServerAsync(receiver));
        TestClient[] clients = [await b.ConnectAsync(protocol: new BinaryHubProtocol()), await b.ConnectAsync(protocol: new BinaryHubProtocol()),
            await b.ConnectAsync()];
        var (before, written) = (publisher.Written, receiver.Written);
        await a.Manager.SendAllAsync("said", ["hello"]).InTimeAsync();
        foreach (var client in clients)
        {
            await client.HearsAsync("hello");
        }
        Assert.Equal((before + 1, written), (publisher.Written, receiver.Written));
    }

    [Fact]
    public async Task What_comes_without_a_ready_encoding_is_encoded_once_for_all_clients_of_a_server()
    {
        var receiver = new BinaryHubProtocol();
        var (a, b) = (await ServerAsync(), await ServerAsync(receiver));
        TestClient[] clients = [await b.ConnectAsync(protocol: new BinaryHubProtocol()), await b.ConnectAsync(protocol: new BinaryHubProtocol()),
            await b.ConnectAsync()];
        var written = receiver.Written;
        await a.Manager.SendAllAsync("said", ["hello"]).InTimeAsync();
        foreach (var client in clients)
        {
            await client.HearsAsync("hello");
        }
        Assert.Equal(written + 1, receiver.Written);
    }

    [Fact]
    public async Task Neutral_arguments_reach_a_client_that_does_not_speak_JSON_as_plain_values()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync(new BinaryHubProtocol()));
        var client = await b.ConnectAsync(protocol: new BinaryHubProtocol());
        client.Arguments["many"] = [typeof(string), typeof(int), typeof(double), typeof(bool), typeof(object), typeof(object[]), typeof(Dictionary<string,
            object?>)];
        await a.Namespace.Emit("many", "grüße 🙂", 7, 1.5, true, null, new[] { 1, 2 }, new { Name = "n", Inner = new { Deep = (string?)null } }).InTimeAsync();
        var arguments = (await client.NextInvocationAsync()).Arguments;
        Assert.Equal(["grüße 🙂", 7, 1.5, true, null], arguments[..5]);
        Assert.Equal([1L, 2L], Assert.IsType<object?[]>(arguments[5]));
        var members = Assert.IsType<Dictionary<string, object?>>(arguments[6]);
        Assert.Equal("n", members["name"]);
        Assert.Null(Assert.IsType<Dictionary<string, object?>>(members["inner"])["deep"]);
    }

    [Fact]
    public async Task Attachments_are_bytes_to_a_binary_client_and_base64_to_a_JSON_client()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync(new BinaryHubProtocol()));
        var (json, binary) = (await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol()));
        json.Arguments["file"] = binary.Arguments["file"] = [typeof(string), typeof(byte[])];
        var packet = PacketCodec.Encode("file", """["a",{"_placeholder":true,"num":0}]"""u8, [new byte[] { 1, 2, 255 }], []);
        await a.Namespace.PublishAsync(Operation.Emit(BroadcastTarget.All, packet)).InTimeAsync();
        foreach (var client in new[] { json, binary })
        {
            var arguments = (await client.NextInvocationAsync()).Arguments;
            Assert.Equal("a", arguments[0]);
            Assert.Equal(new byte[] { 1, 2, 255 }, arguments[1]);
        }
    }

    [Fact]
    public async Task What_a_protocol_cannot_express_is_missing_for_its_clients_only_and_logged()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync(new BinaryHubProtocol()));
        var (json, binary) = (await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol()));
        await a.Manager.SendAllAsync("unspeakable", ["it"]).InTimeAsync();
        await a.Manager.SendAllAsync("said", ["hello"]).InTimeAsync();
        await json.HearsAsync("it", "unspeakable");
        await json.HearsAsync("hello");
        await binary.HearsAsync("hello");
        Assert.Single(
            b.Log.Lines,
            line =>
                line.Level == LogLevel.Warning
                    && line.Text.Contains("\"unspeakable\" cannot be expressed in the hub protocol \"binary\"", StringComparison.Ordinal));
        await Assert.ThrowsAsync<HubException>(() => a.Manager.InvokeConnectionAsync<int>(binary.Id, "unspeakable", [], CancellationToken.None).InTimeAsync());
    }

    [Fact]
    public async Task A_packet_that_cannot_be_read_at_all_disturbs_nothing()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync(new BinaryHubProtocol()));
        var (json, binary) = (await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol()));
        foreach (var arguments in new[] { "[1,", "{}", """["\ud800",{"_placeholder":true,"num":7}]""" })
        {
            var packet = PacketCodec.Encode("said", System.Text.Encoding.UTF8.GetBytes(arguments), [new byte[] { 1 }], []);
            await a.Namespace.PublishAsync(Operation.Emit(BroadcastTarget.All, packet)).InTimeAsync();
        }
        await a.Manager.SendAllAsync("said", ["hello"]).InTimeAsync();
        await json.HearsAsync("hello");
        await binary.HearsAsync("hello");
        Assert.Equal(6, b.Log.Lines.Count(line => line.Level == LogLevel.Warning && line.Text.Contains("cannot be expressed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Results_travel_in_the_protocol_of_the_client()
    {
        var (a, b) = (await ServerAsync(new BinaryHubProtocol()), await ServerAsync(new BinaryHubProtocol()));
        foreach (var client in new[] { await b.ConnectAsync(), await b.ConnectAsync(protocol: new BinaryHubProtocol()) })
        {
            var number = a.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["number?"], CancellationToken.None);
            var text = a.Manager.InvokeConnectionAsync<string>(client.Id, "ask", ["text?"], CancellationToken.None);
            var error = a.Manager.InvokeConnectionAsync<string>(client.Id, "ask", ["error?"], CancellationToken.None);
            foreach (var _ in Enumerable.Range(0, 3))
            {
                var invocation = await client.NextInvocationAsync();
                await (invocation.Arguments[0] switch
                {
                    "number?" => client.AnswerAsync(invocation, 7),
                    "text?" => client.AnswerAsync(invocation, "grüße"),
                    _ => client.SendAsync(CompletionMessage.WithError(invocation.InvocationId!, "no")),
                });
            }
            Assert.Equal(7, await number.InTimeAsync());
            Assert.Equal("grüße", await text.InTimeAsync());
            Assert.Equal("no", (await Assert.ThrowsAsync<HubException>(() => error.InTimeAsync())).Message);
        }
    }

    [Fact]
    public async Task A_result_in_a_protocol_that_the_asker_lacks_is_an_error_that_names_it()
    {
        var (a, b) = (await ServerAsync(), await ServerAsync(new BinaryHubProtocol()));
        var client = await b.ConnectAsync(protocol: new BinaryHubProtocol());
        var result = a.Manager.InvokeConnectionAsync<int>(client.Id, "ask", ["?"], CancellationToken.None);
        await client.AnswerAsync(await client.NextInvocationAsync(), 7);
        Assert.Contains("\"binary\"", (await Assert.ThrowsAsync<HubException>(() => result.InTimeAsync())).Message, StringComparison.Ordinal);
    }
}

public sealed class InProcessProtocolTests() : ProtocolTests(new InProcessTestCluster());
