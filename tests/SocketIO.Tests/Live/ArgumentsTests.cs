using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What goes into an event and comes out of an acknowledgement.</summary>
public sealed class ArgumentsTests
{
    [Fact]
    public async Task All_arguments_of_an_acknowledgement_can_be_read()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io.On("ask", async (SocketIOSocket socket) =>
        {
            var answer = await socket.EmitWithAckAsync("question");
            var bounded = await socket.Timeout(TimeSpan.FromSeconds(20)).EmitWithAckAsync("again", 1);
            return $"{answer.Count} {answer.Get<string>(0)} {answer.Get<int>(1)} {answer.Get<byte[]>(2)!.Length} {bounded.Count}";
        }));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"ask\"]");
        Assert.Equal("420[\"question\"]", await socket.ReceiveAsync());
        await socket.SendAsync("461-0[\"yes\",7,{\"_placeholder\":true,\"num\":0}]");
        await socket.SendAsync([1, 2, 3]);
        Assert.Equal("421[\"again\",1]", await socket.ReceiveAsync());
        await socket.SendAsync("431[]");
        Assert.Equal("431[\"3 yes 7 3 0\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Arguments_are_passed_on_as_they_came_behind_others_or_as_one()
    {
        await using var cluster = await SocketIOCluster.StartAsync(serve: io => io
            .On("spread", (SocketIOArguments all) => io.Emit("said", ["Ada", .. all]))
            .On("one", (SocketIOArguments all) => io.Emit("said", all))
            .On("answer", (SocketIOArguments all, SocketIOAck ack) => ack.Send([.. all])));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("451-[\"spread\",1.50,{\"b\":{\"_placeholder\":true,\"num\":0}},[\"\\u0041\"]]");
        await socket.SendAsync([1, 2]);
        Assert.Equal("451-[\"said\",\"Ada\",1.50,{\"b\":{\"_placeholder\":true,\"num\":0}},[\"\\u0041\"]]", await socket.ReceiveAsync());
        Assert.Equal([1, 2], Assert.IsType<byte[]>(await socket.ReceiveAsync()));
        await socket.SendAsync("42[\"one\",1.50,null]");
        Assert.Equal("42[\"said\",[1.50,null]]", await socket.ReceiveAsync());
        await socket.SendAsync("421[\"answer\",1.50,null]");
        Assert.Equal("431[1.50,null]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Handshakes_and_addresses_are_emitted_and_kept_without_secrets()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => options.HandshakeHeaders.UnionWith(["Cookie", "Host"]),
            serve: io => io.OnConnection(socket =>
            {
                socket.Data["from"] = socket.Handshake;
                socket.Data["address"] = socket.Handshake.Address;
                socket.Emit("welcome", socket.Handshake, socket.Handshake.Address);
                socket.On("address", (IPAddress address) => address.AddressFamily.ToString());
            }));
        var socket = await TestSocket.ConnectAsync(
            cluster[0].Address, "/socket.io/?EIO=4&transport=websocket&room=a", options => options.SetRequestHeader("Cookie", "secret=1"));
        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40{\"token\":\"secret\"}");
        Assert.StartsWith("40{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        var welcome = JsonDocument.Parse((await socket.ReceiveTextAsync())[2..]).RootElement;
        Assert.Equal(
            ("127.0.0.1", "/socket.io/?EIO=4&transport=websocket&room=a", "127.0.0.1"),
            (welcome[1].GetProperty("address").GetString(), welcome[1].GetProperty("url").GetString(), welcome[2].GetString()));
        Assert.Equal(["Host"], welcome[1].GetProperty("headers").EnumerateObject().Select(header => header.Name));
        Assert.DoesNotContain("secret", welcome.GetRawText(), StringComparison.Ordinal);
        var remote = Assert.Single(await cluster[0].IO.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Null(remote.Omitted);
        Assert.Equal(
            ("127.0.0.1", "127.0.0.1"),
            (remote.Data.GetProperty("from").GetProperty("address").GetString(), remote.Data.GetProperty("address").GetString()));
        await socket.SendAsync("421[\"address\",\"::1\"]");
        Assert.Equal("431[\"InterNetworkV6\"]", await socket.ReceiveAsync());
        await socket.SendAsync("422[\"address\",7]");
        Assert.StartsWith("432[{\"error\":", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }
}
