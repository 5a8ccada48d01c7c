using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>The request that a connection began with, as an ASP.NET Core application expects to find it.</summary>
public sealed class HttpContextTests
{
    private const string Query = "/socket.io/?EIO=4&tenant=acme&transport=";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("websocket")]
    [InlineData("polling")]
    public async Task It_is_there_in_middlewares_and_OnConnection_and_gone_with_its_services_afterwards(string transport)
    {
        var scopes = Channel.CreateUnbounded<Scoped>();
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io =>
            {
                io.Use(socket =>
                {
                    scopes.Writer.TryWrite(socket.HttpContext.RequestServices.GetRequiredService<Scoped>());
                    return Describe(socket) == "acme/007/GET/127.0.0.1" ? Task.CompletedTask : throw new ConnectErrorException(Describe(socket));
                });
                io.OnConnection(socket =>
                    socket.Emit(
                        "seen",
                        Describe(socket),
                        ReferenceEquals(socket.HttpContext.RequestServices.GetRequiredService<Scoped>(), scopes.Reader.TryPeek(out var scope) ? scope : null)));
                io.On("late", (SocketIOSocket socket) => Assert.Throws<InvalidOperationException>(() => socket.HttpContext).Message);
            },
            build: builder => builder.Services.AddScoped<Scoped>());

        var client = await Client.ConnectAsync(cluster[0], transport);
        await client.SendAsync("40");
        Assert.StartsWith("40{", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal("42[\"seen\",\"acme/007/GET/127.0.0.1\",true]", await client.ReceiveAsync());
        var services = await scopes.NextAsync();
        await services.Disposed.Task.InTimeAsync();

        await client.SendAsync("421[\"late\"]");
        Assert.Contains("KeepHttpContext", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task It_is_there_as_long_as_a_namespace_is_on_its_way_and_after_one_that_refused()
    {
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(serve: io =>
        {
            io.Of("/refuses").Use(socket => throw new ConnectErrorException(Describe(socket)));
            io.Of("/slow").Use(async socket =>
            {
                await gate.Task;
                socket.Data["seen"] = Describe(socket);
            });
            io.Of("/slow").OnConnection(socket => socket.Emit("seen", socket.Data["seen"]));
        });
        var client = await Client.ConnectAsync(cluster[0], "websocket");
        await client.SendAsync("40/refuses,");
        Assert.Equal("44/refuses,{\"message\":\"acme/007/GET/127.0.0.1\"}", await client.ReceiveAsync());
        await client.SendAsync("40/slow,");
        await client.SendAsync("40");
        Assert.StartsWith("40{", await client.ReceiveAsync(), StringComparison.Ordinal);
        gate.SetResult();
        Assert.StartsWith("40/slow,{", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal("42/slow,[\"seen\",\"acme/007/GET/127.0.0.1\"]", await client.ReceiveAsync());
    }

    [Fact]
    public async Task It_is_kept_where_that_was_asked_for_and_its_services_end_with_the_connection()
    {
        var scopes = Channel.CreateUnbounded<Scoped>();
        await using var cluster = await SocketIOCluster.StartAsync(
            configure: options => options.KeepHttpContext = true,
            serve: io => io.On("late", (HttpContext context, int n) =>
            {
                scopes.Writer.TryWrite(context.RequestServices.GetRequiredService<Scoped>());
                return $"{context.Request.Query["tenant"]} {n}";
            }),
            build: builder => builder.Services.AddScoped<Scoped>());
        var client = await Client.ConnectAsync(cluster[0], "websocket");
        await client.SendAsync("40");
        await client.ReceiveAsync();
        await client.SendAsync("421[\"late\",7]");
        Assert.Equal("431[\"acme 7\"]", await client.ReceiveAsync());
        var services = await scopes.NextAsync();
        Assert.False(services.Disposed.Task.IsCompleted);
        client.Abort();
        await services.Disposed.Task.InTimeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Services_end_with_a_connection_that_never_got_in(bool whileConnecting)
    {
        var scopes = Channel.CreateUnbounded<Scoped>();
        var gate = new TaskCompletionSource();
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io => io.Use(async socket =>
            {
                scopes.Writer.TryWrite(socket.HttpContext.RequestServices.GetRequiredService<Scoped>());
                await (whileConnecting ? gate.Task : Task.CompletedTask);
                throw new ConnectErrorException(Describe(socket));
            }),
            build: builder => builder.Services.AddScoped<Scoped>());
        var client = await Client.ConnectAsync(cluster[0], "websocket");
        await client.SendAsync("40");
        var services = await scopes.NextAsync();
        if (!whileConnecting)
        {
            await client.ReceiveAsync();
        }
        Assert.False(services.Disposed.Task.IsCompleted);
        client.Abort();
        gate.TrySetResult();
        await services.Disposed.Task.InTimeAsync();
        Assert.Empty(cluster[0].Log.Errors);
    }

    private static string Describe(SocketIOSocket socket) =>
        $"{socket.HttpContext.Request.Query["tenant"]}/{socket.HttpContext.Request.Headers["X-Agent"]}/"
        + $"{socket.HttpContext.Request.Method}/{socket.HttpContext.Connection.RemoteIpAddress}";

    private sealed class Scoped : IDisposable
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Disposed.SetResult();
    }

    /// <summary>One message at a time by either transport.</summary>
    private sealed class Client(TestSocket? socket, HttpClient http, string path)
    {
        private readonly Queue<string> _packets = new();

        public static async Task<Client> ConnectAsync(SocketIOHost host, string transport)
        {
            var http = new HttpClient { BaseAddress = host.Address };
            http.DefaultRequestHeaders.Add("X-Agent", "007");
            if (transport == "websocket")
            {
                var socket = await TestSocket.ConnectAsync(host.Address, Query + transport, options => options.SetRequestHeader("X-Agent", "007"));
                await socket.ReceiveAsync();
                return new Client(socket, http, "");
            }
            var handshake = await http.GetStringAsync(Query + transport, Cancellation);
            return new Client(null, http, $"{Query}{transport}&sid={handshake[9..29]}");
        }

        public async Task SendAsync(string packet)
        {
            if (socket is not null)
            {
                await socket.SendAsync(packet);
                return;
            }
            using var answer = await http.PostAsync(path, new StringContent(packet), Cancellation);
            answer.EnsureSuccessStatusCode();
        }

        public async Task<string> ReceiveAsync()
        {
            if (socket is not null)
            {
                return await socket.ReceiveTextAsync();
            }
            while (_packets.Count == 0)
            {
                foreach (var packet in (await http.GetStringAsync(path, Cancellation)).Split('\u001e'))
                {
                    _packets.Enqueue(packet);
                }
            }
            return _packets.Dequeue();
        }

        public void Abort() => socket!.Abort();
    }
}
