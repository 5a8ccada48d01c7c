using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What applications do, with the official clients (tests/EndToEnd/clients/features.mjs), against servers of one cluster.</summary>
public sealed class ClientTests
{
    [Theory]
    [InlineData("polling", "4.8")]
    [InlineData("websocket", "4.8")]
    [InlineData("upgrade", "4.8")]
    [InlineData("upgrade", "3.1")]
    [InlineData("polling", "msgpack")]
    [InlineData("websocket", "msgpack")]
    public async Task The_official_clients_work_unchanged(string transport, string client)
    {
        Checkout.SkipWithoutNode();
        await using var cluster = await SocketIOCluster.StartAsync(3, serve: Serve, map: (app, _) => app.MapSocketIO("/msgpack", SocketIOParser.MessagePack));

        await JavaScriptProgram.PassesAsync("features.mjs", transport, Url(cluster[0]), Url(cluster[2]), client);
        Assert.Empty(cluster[0].Log.Errors);
        Assert.Empty(cluster[2].Log.Errors);
    }

    private static void Serve(SocketIOServer io)
    {
        Serve(io.Root);
        Serve(io.Of("/custom"));
        Serve(io.Of("/auth"));
        io.Of("/auth").Use(socket => socket.Handshake.Auth.TryGetProperty("token", out var token) && token.GetString() == "right"
            ? Task.CompletedTask
            : throw new ConnectErrorException("not authorized", new { hint = "try another" }));
        io.Of(new Regex("^/dynamic-\\d+$", RegexOptions.None, TimeSpan.FromSeconds(1))).On("namespace", (SocketIOSocket socket) => socket.Namespace.Name);
    }

    private static void Serve(SocketIONamespace @namespace) => @namespace
        .On("id", (SocketIOSocket socket) => socket.Id.ToString())
        .On("namespace", (SocketIOSocket socket) => socket.Namespace.Name)
        .On("echo", (SocketIOArguments arguments) => Enumerable.Range(0, arguments.Count).Select(i => arguments.Get<SocketIOValue>(i)))
        .On("bytes", (int count) => Enumerable.Repeat((byte)7, count).ToArray())
        .On("ask me", (SocketIOSocket socket, int a, int b, SocketIOAck ack) => _ = AskAsync(socket, a, b, ack))
        .On("join", (SocketIOSocket socket, string room) => socket.Join(room))
        .On("leave", (SocketIOSocket socket, string room) => socket.Leave(room))
        .On("say", (SocketIOSocket socket, string room, JsonElement what) => socket.Namespace.To(room).Emit("said", what))
        .On("kick me", (SocketIOSocket socket, bool close) => socket.Disconnect(close))
        .On("flood me", (SocketIOSocket socket, int times) =>
        {
            for (var i = 0; i < times; i++)
            {
                socket.Volatile.Emit("flood", i);
            }
        });

    private static async Task AskAsync(SocketIOSocket socket, int a, int b, SocketIOAck ack) =>
        ack.Send(await socket.Timeout(TimeSpan.FromSeconds(10)).EmitWithAckAsync<int>("question", a, b));

    private static string Url(SocketIOHost host) => host.Address.ToString().TrimEnd('/');
}
