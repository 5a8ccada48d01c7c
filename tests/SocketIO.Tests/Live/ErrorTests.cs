using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What becomes of errors: in the application's code, in what clients send, and by clients that go.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_whose_OnConnection_throws_is_disconnected_and_it_is_logged_once(bool later)
    {
        var happened = Channel.CreateUnbounded<string>();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.OnConnection(async socket =>
            {
                socket.OnDisconnect(end => happened.Writer.TryWrite(end.Reason));
                if (later)
                {
                    await Task.Yield();
                }
                throw new InvalidOperationException("on purpose");
            });
            io.On("event", () => happened.Writer.TryWrite("handled"));
            io.Of("/other").On("fast", () => "fast");
        });
        var (socket, _) = await cluster[0].JoinAsync();
        Assert.Equal("41", await socket.ReceiveAsync());
        await socket.SendAsync("42[\"event\"]");
        Assert.Equal("server namespace disconnect", await happened.NextAsync());
        // The connection is there, for namespaces that are in order.
        await socket.SendAsync("40/other,");
        Assert.StartsWith("40/other,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("42/other,1[\"fast\"]");
        Assert.Equal("43/other,1[\"fast\"]", await socket.ReceiveAsync());
        Assert.False(happened.Reader.TryRead(out _));
        Assert.Empty(cluster[0].IO.Root.Sockets);
        var logged = Assert.Single(cluster[0].Log.Errors);
        Assert.StartsWith("Error: /: OnConnection failed", logged, StringComparison.Ordinal);
        Assert.Contains("on purpose", logged, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task Arguments_that_do_not_fit_are_told_to_the_acknowledgement_and_in_development_to_the_log(string environment)
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            build: builder => builder.Services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = environment }),
            serve: io => io.On("add", (int a, int b) => a + b));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("421[\"add\",1,\"two\"]");
        Assert.Equal("431[{\"error\":\"argument 1 is not what this event takes\"}]", await socket.ReceiveAsync());
        await socket.SendAsync("42[\"add\",1]");
        await socket.SendAsync("422[\"add\",1,2]");
        Assert.Equal("432[3]", await socket.ReceiveAsync());
        if (environment == "Production")
        {
            Assert.Empty(cluster[0].Log.Errors);
            return;
        }
        Assert.Collection(
            cluster[0].Log.Errors,
            line =>
            {
                Assert.StartsWith("Warning: /: a client's \"add\" has other arguments than its handler takes", line, StringComparison.Ordinal);
                Assert.Contains("System.Int32", line, StringComparison.Ordinal);
            },
            line => Assert.Contains("argument 1 is missing", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_that_awaits_a_client_which_disconnects_logs_no_error()
    {
        var (asked, ended) = (Channel.CreateUnbounded<SocketIOSocket>(), new TaskCompletionSource<Exception>());
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.On("ask", async (SocketIOSocket socket) =>
            {
                var other = io.Root.Sockets.Single(each => each.Id != socket.Id);
                asked.Writer.TryWrite(other);
                try
                {
                    await other.EmitWithAckAsync("question");
                }
                catch (SocketDisconnectedException exception)
                {
                    ended.SetResult(exception);
                    throw;
                }
            });
            io.On("fast", () => "fast");
        });
        var (asker, _) = await cluster[0].JoinAsync();
        var (other, _) = await cluster[0].JoinAsync();
        await asker.SendAsync("421[\"ask\"]");
        Assert.Equal("420[\"question\"]", await other.ReceiveAsync());
        await other.CloseAsync();
        await ended.Task.InTimeAsync();
        await asker.SendAsync("422[\"fast\"]");
        Assert.Equal("432[\"fast\"]", await asker.ReceiveAsync());
        Assert.Empty(cluster[0].Log.Errors);
    }
}
