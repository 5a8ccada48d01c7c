using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>An Engine.IO server of the application's own, beside Socket.IO.</summary>
public sealed class EngineIOServerTests
{
    private const string Path = "/engine.io";
    private const string WebSocket = Path + "/?EIO=4&transport=websocket";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("polling")]
    [InlineData("websocket")]
    [InlineData("upgrade")]
    [InlineData("fetch")]
    public async Task The_official_client_opens_speaks_text_and_bytes_and_closes(string transport)
    {
        Checkout.SkipWithoutNode();
        var closes = Channel.CreateUnbounded<EngineIOClose>();
        await using var cluster = await StartAsync(connection =>
        {
            connection.Send("welcome");
            connection.OnMessage(message =>
            {
                if (message.IsBinary)
                {
                    connection.Send(message.Data);
                }
                else if (message.Text == "close me")
                {
                    connection.Send("farewell");
                    connection.Close();
                }
                else
                {
                    connection.Send(message.Text, compress: false);
                }
            });
            connection.OnClose(close => closes.Writer.TryWrite(close));
        });

        await JavaScriptProgram.PassesAsync("engine.mjs", transport, cluster[0].Address.ToString().TrimEnd('/'));

        Assert.Equal("transport close", (await closes.NextAsync()).Reason);
        Assert.Equal("forced close", (await closes.NextAsync()).Reason);
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task Listeners_run_one_after_the_other_in_order_whatever_they_await_and_the_end_comes_last()
    {
        var story = new ConcurrentQueue<string>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StartAsync(connection => connection
            .OnMessage(async message =>
            {
                story.Enqueue("begin " + message.Text);
                await Task.Yield();
                if (message.Text == "2")
                {
                    throw new InvalidOperationException("a listener's own fault");
                }
                story.Enqueue("end " + message.Text);
            })
            .OnClose(close =>
            {
                story.Enqueue(close.Reason);
                ended.SetResult();
            }));
        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);
        await socket.ReceiveTextAsync();
        foreach (var text in (string[])["41", "42", "43"])
        {
            await socket.SendAsync(text);
        }
        await socket.CloseAsync();

        await ended.Task.InTimeAsync();
        Assert.Equal(["begin 1", "end 1", "begin 2", "begin 3", "end 3", "transport close"], story);
        Assert.Contains("a listener's own fault", Assert.Single(cluster[0].Log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_messages_wait_is_read_no_further_and_its_end_is_seen_nevertheless()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var opened = Channel.CreateUnbounded<EngineIOConnection>();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handled = 0;
        await using var cluster = await StartAsync(connection =>
        {
            opened.Writer.TryWrite(connection);
            connection.OnMessage(async _ =>
            {
                Interlocked.Increment(ref handled);
                begun.TrySetResult();
                await gate.Task;
            });
        });
        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);
        await socket.ReceiveTextAsync();
        var connection = await opened.NextAsync();
        for (var i = 0; i < 200; i++)
        {
            await socket.SendAsync("4" + i);
        }
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = connection.Closed.UnsafeRegister(_ => gone.TrySetResult(), null);
        await begun.Task.InTimeAsync(); // an abort may overtake what was sent
        socket.Abort();

        await gone.Task.InTimeAsync();
        Assert.False(connection.IsOpen);
        Assert.Equal(1, Volatile.Read(ref handled));
        gate.SetResult();
    }

    [Fact]
    public async Task What_cannot_be_carried_by_all_transports_is_refused_at_the_caller()
    {
        var refused = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StartAsync(connection =>
        {
            refused.SetResult(Record.Exception(() => connection.Send("a\u001eb"))!);
            connection.Send("after");
        });
        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);

        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal("4after", await socket.ReceiveTextAsync());
        Assert.Contains("U+001E", Assert.IsType<ArgumentException>(await refused.Task).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_request_is_there_while_it_opens_and_a_throw_refuses_the_client()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddEngineIO(),
            map: (app, _) => app.MapEngineIO(Path, (EngineIOConnection connection, HttpContext context) =>
            {
                if (!context.Request.Query.ContainsKey("name"))
                {
                    throw new InvalidOperationException("nobody");
                }
                connection.Send("hello " + context.Request.Query["name"]);
                connection.OnMessage(_ => connection.Abort());
            }));
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        var refused = await http.GetAsync(Path + "/?EIO=4&transport=polling", Cancellation);
        Assert.Equal(403, (int)refused.StatusCode);

        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket + "&name=ada");
        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal("4hello ada", await socket.ReceiveTextAsync());
        await socket.SendAsync("4end");
        Assert.Empty(await socket.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_session_is_reached_through_another_server_and_its_clients_move_when_it_drains()
    {
        var closes = Channel.CreateUnbounded<string>();
        using var folder = new ForwardingFolder();
        await using var cluster = await SocketIOCluster.StartAsync(
            2,
            build: builder =>
            {
                builder.Services.AddEngineIO();
                builder.Services.AddOrleansAdapter(folder.Configure);
            },
            map: (app, _) => app.MapEngineIO(Path, connection => connection
                .OnMessage(message => connection.Send(message.Text + "!"))
                .OnClose(close => closes.Writer.TryWrite(close.Reason))));
        using var one = new HttpClient { BaseAddress = cluster[0].Address };
        using var two = new HttpClient { BaseAddress = cluster[1].Address };
        const string query = Path + "/?EIO=4&transport=polling";
        var opened = await one.GetStringAsync(query, Cancellation);
        var session = $"{query}&sid={JsonSerializer.Deserialize<JsonElement>(opened[1..]).GetProperty("sid").GetString()}";

        using var body = new StringContent("4hello");
        var posted = await two.PostAsync(session, body, Cancellation);
        Assert.Equal("ok", await posted.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("4hello!", await two.GetStringAsync(session, Cancellation));

        var waits = one.GetStringAsync(session, Cancellation);
        await cluster[0].StopAsync();
        Assert.Equal("1", await waits);
        Assert.Equal("server shutting down", await closes.NextAsync());
    }

    [Fact]
    public async Task Wrong_options_keep_the_host_from_starting_and_are_named()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddEngineIO(options => options.PingInterval = TimeSpan.Zero), map: (app, _) => app.MapEngineIO(Path, _ => { })));
        Assert.Contains("EngineIOOptions.PingInterval must be positive.", exception.Message, StringComparison.Ordinal);
    }

    private static Task<SocketIOCluster> StartAsync(Action<EngineIOConnection> opened) => SocketIOCluster.StartAsync(
        build: builder => builder.Services.AddEngineIO(), map: (app, _) => app.MapEngineIO(Path, opened));
}
