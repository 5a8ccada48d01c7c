using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What one client sends is shown to others where it can be; where it cannot, that concerns this client alone.</summary>
public sealed class OneSocketsDataTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Unusual => new()
    {
        "\"\\ud800\"",
        "{\"\\ud800\":1}",
        Deep(40),
        Deep(56),
        Deep(62),
        $"\"{new string('x', 300_000)}\"",
    };

    [Theory]
    [MemberData(nameof(Unusual))]
    public async Task Data_that_cannot_be_shown_are_left_out_and_the_other_sockets_are_whole(string note)
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, serve: Serve);
        var (bad, badId) = await cluster[1].JoinAsync();
        var (good, goodId) = await cluster[1].JoinAsync();
        await NoteAsync(bad, note);
        await NoteAsync(good, "\"fine\"");

        foreach (var asker in new[] { cluster[0], cluster[1] })
        {
            var sockets = (await asker.IO.FetchSocketsAsync(cancellationToken: Cancellation)).ToDictionary(socket => socket.Id);
            Assert.Equal(2, sockets.Count);
            Assert.Equal("fine", sockets[goodId].Data.GetProperty("note").GetString());
            Assert.Null(sockets[goodId].Omitted);
            Assert.Equal(JsonValueKind.Null, sockets[badId].Data.ValueKind);
            Assert.StartsWith("data: ", sockets[badId].Omitted, StringComparison.Ordinal);
            Assert.Equal("/socket.io/?EIO=4&transport=websocket", sockets[badId].Handshake.GetProperty("url").GetString());
        }
        Assert.Empty(cluster[0].Log.Errors.Concat(cluster[1].Log.Errors));
    }

    [Theory]
    [InlineData("{\"token\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("deep")]
    public async Task An_auth_payload_that_cannot_be_shown_is_left_out(string auth)
    {
        await using var cluster = await SocketIOCluster.StartAsync(2, serve: Serve);
        var (bad, badId) = await cluster[1].JoinAsync(auth: auth == "deep" ? $"{{\"a\":{Deep(60)}}}" : auth);
        var (good, goodId) = await cluster[1].JoinAsync(auth: "{\"token\":\"fine\"}");

        var sockets = (await cluster[0].IO.FetchSocketsAsync(secrets: true, Cancellation)).ToDictionary(socket => socket.Id);
        Assert.Equal("fine", sockets[goodId].Handshake.GetProperty("auth").GetProperty("token").GetString());
        Assert.StartsWith("handshake: ", sockets[badId].Omitted, StringComparison.Ordinal);
        Assert.Null((await cluster[0].IO.FetchSocketsAsync(cancellationToken: Cancellation)).Single(socket => socket.Id == badId).Omitted);
        Assert.Empty(cluster[1].Log.Errors);
        bad.Abort();
        good.Abort();
    }

    [Fact]
    public async Task An_auth_payload_that_is_too_large_is_refused_with_the_reason()
    {
        await using var cluster = await SocketIOCluster.StartAsync();
        await using var socket = await cluster[0].ConnectAsync();
        await socket.SendAsync($"40{{\"token\":\"{new string('x', 64 << 10)}\"}}");
        Assert.Contains("MaxAuthBytes", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync($"40{{\"token\":\"{new string('x', 60 << 10)}\"}}");
        Assert.StartsWith("40{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sockets_that_do_not_fit_into_one_answer_come_in_pages()
    {
        const int count = 30;
        await using var cluster = await SocketIOCluster.StartAsync(
            2, serve: Serve, build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.MaximumAnswerSize = 20_000));
        HashSet<SocketId> ids = [];
        List<TestSocket> clients = [];
        for (var i = 0; i < count; i++)
        {
            var (socket, id) = await cluster[i % 2].JoinAsync();
            await NoteAsync(socket, $"\"{new string('x', 3000)}\"");
            ids.Add(id);
            clients.Add(socket);
        }

        var sockets = await cluster[0].IO.FetchSocketsAsync(cancellationToken: Cancellation);
        Assert.Equal(count, sockets.Count);
        Assert.True(ids.SetEquals(sockets.Select(socket => socket.Id)));
        Assert.All(sockets, socket => Assert.Equal(3000, socket.Data.GetProperty("note").GetString()!.Length));
        Assert.All(clients, client => client.Abort());
    }

    [Fact]
    public async Task Long_names_of_one_clients_rooms_fail_nobodys_fetch()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            2, serve: Serve, build: builder => builder.Services.Configure<OrleansAdapterOptions>(options => options.MaximumAnswerSize = 20_000));
        var (bad, badId) = await cluster[1].JoinAsync();
        var (good, goodId) = await cluster[1].JoinAsync();
        var names = Enumerable.Range(0, 100).Select(i => $"{i:D3}{new string('x', 1000)}").ToArray();
        await cluster[1].IO.Root.Find(badId)!.Join(names);
        await cluster[1].IO.Root.Find(goodId)!.Join("lobby");

        var sockets = (await cluster[0].IO.FetchSocketsAsync(cancellationToken: Cancellation)).ToDictionary(socket => socket.Id);
        Assert.Equal(["lobby"], sockets[goodId].Rooms);
        Assert.Empty(sockets[badId].Rooms);
        Assert.Contains("rooms", sockets[badId].Omitted, StringComparison.Ordinal);
        Assert.True((await cluster[0].IO.RoomsAsync(Cancellation)).SetEquals([.. names, "lobby"]));
        bad.Abort();
        good.Abort();
    }

    /// <summary>Three sockets with more rooms together than one turn looks at.</summary>
    [Fact]
    public async Task All_rooms_come_however_many_turns_it_takes_to_look_at_them()
    {
        await using var cluster = await SocketIOCluster.StartAsync(2);
        HashSet<string> expected = [];
        List<TestSocket> clients = [];
        for (var client = 0; client < 3; client++)
        {
            var (socket, id) = await cluster[1].JoinAsync();
            clients.Add(socket);
            var names = Enumerable.Range(0, 9_000).Select(i => $"{client}-{i}").ToArray();
            await cluster[1].IO.Root.Find(id)!.Join(names);
            expected.UnionWith(names);
        }

        Assert.True((await cluster[0].IO.RoomsAsync(Cancellation)).SetEquals(expected));
        Assert.All(clients, client => client.Abort());
    }

    [Theory]
    [InlineData("[\"\\ud800\"]")]
    [InlineData("deep 40")]
    [InlineData("deep 62")]
    public async Task An_answer_that_cannot_be_passed_on_is_an_error_of_its_own_client(string answer)
    {
        await using var cluster = await SocketIOCluster.StartAsync(2);
        var (bad, badId) = await cluster[1].JoinAsync();
        var (good, goodId) = await cluster[1].JoinAsync();
        var asked = cluster[0].IO.EmitWithAckAsync<JsonElement>("ask");
        Assert.Equal("420[\"ask\"]", await bad.ReceiveAsync());
        Assert.Equal("420[\"ask\"]", await good.ReceiveAsync());
        await bad.SendAsync("430" + (answer.StartsWith("deep", StringComparison.Ordinal) ? $"[{Deep(int.Parse(answer.AsSpan(5)))}]" : answer));
        await good.SendAsync("430[\"fine\"]");

        var answers = (await asked.InTimeAsync()).ToDictionary(each => each.Socket);
        Assert.Equal("fine", answers[goodId].Value.GetString());
        Assert.Contains("left out", answers[badId].Error, StringComparison.Ordinal);
        Assert.Empty(cluster[0].Log.Errors.Concat(cluster[1].Log.Errors));
    }

    private static void Serve(SocketIOServer io) => io.On("note", (SocketIOSocket socket, JsonElement note) =>
    {
        socket.Data["note"] = note;
        return 1;
    });

    private static async Task NoteAsync(TestSocket socket, string note)
    {
        await socket.SendAsync($"420[\"note\",{note}]");
        Assert.Equal("430[1]", await socket.ReceiveAsync());
    }

    private static string Deep(int levels) => new string('[', levels) + new string(']', levels);
}
