using System.Net.WebSockets;
using System.Text;
using OrleansAdapter.EndToEnd.Harness;

namespace OrleansAdapter.EndToEnd.Suites;

/// <summary>Bad input concerns whom it comes from, and nobody else.</summary>
public abstract class BadInputSuite(SharedCluster shared)
{
    private const char EndOfMessage = '\u001e';

    private readonly string _room = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 120_000)]
    public Task An_invalid_room_is_a_clear_error_to_its_caller() => WithBystandersAsync(async caller =>
    {
        (object? Room, string Error)[] wrong =
        [
            ("", "empty"),
            (new string('x', 1025), "1024"),
            (new string('房', 342), "1024"),
            (1, "string"),
            (null, "string"),
            (caller.Id, "id of a socket"),
        ];
        foreach (var (room, expected) in wrong)
        {
            string[] methods = room is string name && name == caller.Id ? ["join"] : ["join", "leave", "who", "say"];
            foreach (var method in methods)
            {
                var error = await Assert.ThrowsAsync<ClientException>(
                    () => method == "say" ? caller.CallAsync(method, room, 1) : caller.CallAsync(method, room));
                Assert.Contains(expected, error.Message);
                Assert.DoesNotContain("Parameter", error.Message);
            }
        }
        await caller.CallAsync("join", new string('x', 1024));
        Assert.Equal([caller.Id], await caller.WhoAsync(new string('x', 1024)));
    });

    [Fact(Timeout = 120_000)]
    public Task A_room_with_a_lone_surrogate_is_a_clear_error_to_its_caller() => WithBystandersAsync(async _ =>
    {
        using var socket = await ConnectAsync();
        await SendAsync(socket, """{"type":1,"invocationId":"1","target":"join","arguments":["\ud800"]}""");

        var answer = await ReceiveAsync(socket, "\"invocationId\":\"1\"");

        Assert.Contains("Unicode", answer);
    });

    [Fact(Timeout = 120_000)]
    public Task A_payload_that_no_string_can_hold_goes_through_as_it_is() => WithBystandersAsync(async _ =>
    {
        using var socket = await ConnectAsync();
        await SendAsync(socket, $$"""{"type":1,"invocationId":"1","target":"join","arguments":["{{_room}}-other"]}""");
        await ReceiveAsync(socket, "\"invocationId\":\"1\"");

        await SendAsync(socket, $$"""{"type":1,"target":"say","arguments":["{{_room}}-other",["\ud83d",1.0,123456789012345678901234567890]]}""");

        Assert.Contains("""[["\ud83d",1.0,123456789012345678901234567890]]""", await ReceiveAsync(socket, "said"));
    });

    [Fact(Timeout = 120_000)]
    public Task An_unknown_method_or_wrong_arguments_are_errors_to_the_caller() => WithBystandersAsync(async caller =>
    {
        await Assert.ThrowsAsync<ClientException>(() => caller.CallAsync("nonsense", 1));
        await Assert.ThrowsAsync<ClientException>(() => caller.CallAsync("join"));
        await Assert.ThrowsAsync<ClientException>(() => caller.CallAsync("join", _room, "more"));
        await caller.CallAsync("whoami");
    });

    [Fact(Timeout = 120_000)]
    public Task Broken_JSON_ends_the_connection_that_it_came_on() => WithBystandersAsync(async _ =>
    {
        foreach (var broken in new[] { "{\"type\":1,", "[]", "nonsense", "{\"type\":1,\"target\":5}" })
        {
            using var socket = await ConnectAsync();
            await SendAsync(socket, broken);
            await UntilClosedAsync(socket);
        }
    });

    [Fact(Timeout = 120_000)]
    public Task A_message_over_1_MB_ends_the_connection_that_it_came_on() => WithBystandersAsync(async caller =>
    {
        await caller.CallAsync("say", _room + "-other", new string('x', (1 << 20) - 1000));
        await Assert.ThrowsAsync<ClientException>(() => caller.CallAsync("say", _room, new string('x', 1 << 20)));
        await caller.Closed.UntilAsync(1, "the end of its connection");
    });

    /// <summary>
    /// Runs an action with a client on worker 1, between two others there and elsewhere that hear each other before and after, and nothing else.
    /// </summary>
    private async Task WithBystandersAsync(Func<JavaScriptClient, Task> action)
    {
        var near = await shared.Clients.JoinAsync(shared.Cluster.Url(1), _room);
        var far = await shared.Clients.JoinAsync(shared.Cluster.Url(2), _room);
        var caller = await shared.Clients.OpenAsync(shared.Cluster.Url(1));

        var logged = shared.Cluster.Lines.Count;
        await near.CallAsync("say", _room, 1);
        await action(caller);
        await near.CallAsync("say", _room, 2);

        foreach (var bystander in new[] { near, far })
        {
            await bystander.HearsAsync("2");
            Assert.Equal(["1", "2"], bystander.Said.All);
            Assert.Equal(0, bystander.Closed.Count);
            await bystander.CloseAsync();
        }
        await caller.CloseAsync();
        Assert.Empty(shared.Cluster.SaidSince(logged));
    }

    private async Task<ClientWebSocket> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(shared.Cluster.Url(1).Replace("http", "ws") + "/hub"), TestContext.Current.CancellationToken);
        await SendAsync(socket, """{"protocol":"json","version":1}""");
        await ReceiveAsync(socket, "{}");
        return socket;
    }

    private static async Task SendAsync(ClientWebSocket socket, string message) =>
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(message + EndOfMessage), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

    private static async Task<string> ReceiveAsync(ClientWebSocket socket, string containing)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
            text.Append(Encoding.UTF8.GetString(buffer, 0, result.Count));
            if (text.ToString().Split(EndOfMessage).SkipLast(1).FirstOrDefault(message => message.Contains(containing)) is { } found)
            {
                return found;
            }
        }
    }

    private static async Task UntilClosedAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while ((await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken)).MessageType != WebSocketMessageType.Close)
            {
                // A message that says why may come first.
            }
        }
        catch (WebSocketException)
        {
            // The connection was cut.
        }
    }
}
