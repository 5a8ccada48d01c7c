using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What an application may do with a client of its Engine.IO server while that connects.</summary>
public sealed class EngineIOOpeningTests
{
    private const string Path = "/engine.io";
    private const string WebSocket = Path + "/?EIO=4&transport=websocket";
    private const string Polling = Path + "/?EIO=4&transport=polling";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_aborted_hears_nothing_and_the_application_hears_of_its_end(bool byWebSocket)
    {
        var closes = Channel.CreateUnbounded<string>();
        await using var cluster = await StartAsync(connection =>
        {
            connection.OnClose(close => closes.Writer.TryWrite(close.Reason));
            connection.Send("early");
            connection.Abort();
        });
        if (byWebSocket)
        {
            await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);
            Assert.Empty(await socket.ReceiveToEndAsync());
        }
        else
        {
            using var http = new HttpClient { BaseAddress = cluster[0].Address };
            using var answer = await http.GetAsync(Polling, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.Equal("forced close", await closes.Reader.ReadAsync(Cancellation).AsTask().InTimeAsync());
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_closed_gets_what_was_sent_before_and_nothing_behind_it(bool byWebSocket)
    {
        var closes = Channel.CreateUnbounded<string>();
        await using var cluster = await StartAsync(connection =>
        {
            connection.OnClose(close => closes.Writer.TryWrite(close.Reason));
            connection.Send("early");
            connection.Close();
            Assert.False(connection.IsOpen);
            connection.Send("late");
        });
        if (byWebSocket)
        {
            await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);
            Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
            Assert.Equal(["4early"], await socket.ReceiveToEndAsync());
        }
        else
        {
            using var http = new HttpClient { BaseAddress = cluster[0].Address };
            var packets = (await http.GetStringAsync(Polling, Cancellation)).Split('\u001e');
            var session = JsonSerializer.Deserialize<JsonElement>(packets[0][1..]).GetProperty("sid").GetString();
            List<string> heard = [.. packets[1..]];
            while (heard is not [.., "1"])
            {
                heard.AddRange((await http.GetStringAsync($"{Polling}&sid={session}", Cancellation)).Split('\u001e'));
            }
            Assert.Equal(["4early", "1"], heard);
        }

        Assert.Equal("forced close", await closes.Reader.ReadAsync(Cancellation).AsTask().InTimeAsync());
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task A_throw_refuses_the_client_without_an_error_of_the_servers()
    {
        var opened = Channel.CreateUnbounded<EngineIOConnection>();
        await using var cluster = await StartAsync(connection =>
        {
            opened.Writer.TryWrite(connection);
            throw new InvalidOperationException("nobody");
        });
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        using var refused = await http.GetAsync(Polling, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("""{"code":4,"message":"Forbidden"}""", await refused.Content.ReadAsStringAsync(Cancellation));

        await using var socket = await TestSocket.ConnectAsync(cluster[0].Address, WebSocket);
        Assert.Empty(await socket.ReceiveToEndAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);

        Assert.All(cluster[0].Log.Errors, line => Assert.Contains("what MapEngineIO calls for each threw", line, StringComparison.Ordinal));
        Assert.Equal(2, cluster[0].Log.Errors.Count);
        for (var i = 0; i < 2; i++)
        {
            var connection = await opened.Reader.ReadAsync(Cancellation);
            Assert.True(connection.Closed.IsCancellationRequested);
            Assert.False(connection.IsOpen);
            connection.Send("nobody hears it");
        }
    }

    private static Task<SocketIOCluster> StartAsync(Action<EngineIOConnection> opened) => SocketIOCluster.StartAsync(
        build: builder => builder.Services.AddEngineIO(), map: (app, _) => app.MapEngineIO(Path, opened));
}
