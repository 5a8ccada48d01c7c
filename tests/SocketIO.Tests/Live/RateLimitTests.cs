using System.Net;
using System.Security.Claims;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.RateLimiting;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>What a client sends too often is refused with a reason that it can read, and costs nobody else anything.</summary>
public sealed class RateLimitTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task Events_that_have_a_limit_are_refused_and_others_go_on()
    {
        var refusals = Channel.CreateUnbounded<Exception>();
        await using var cluster = await StartAsync(
            limits => limits.Events["say"] = new RateLimit(2, Day),
            io => io.OnConnection(socket => socket.OnError(error => refusals.Writer.TryWrite(error))));
        var (socket, _) = await cluster[0].JoinAsync();
        var (other, _) = await cluster[0].JoinAsync();
        Assert.Equal("\"heard\"", await AskAsync(socket, "say"));
        Assert.Equal("\"heard\"", await AskAsync(socket, "say"));
        using var answer = JsonDocument.Parse(await AskAsync(socket, "say"));
        Assert.StartsWith("Too many messages of this kind: try again in ", answer.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.InRange(answer.RootElement.GetProperty("retryAfter").GetDouble(), 3600, 12 * 3600);
        await socket.SendAsync("42[\"say\"]");
        for (var i = 0; i < 2; i++)
        {
            Assert.IsType<RateLimitException>(await refusals.NextAsync());
        }
        Assert.Equal("\"heard\"", await AskAsync(socket, "other"));
        Assert.Equal("\"heard\"", await AskAsync(other, "say"));
        Assert.Equal(3, Volatile.Read(ref _said));
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task Events_without_a_limit_of_their_own_share_one()
    {
        await using var cluster = await StartAsync(limits => limits.Events[RateLimitOptions.OtherEvents] = new RateLimit(2, Day));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("42[\"a\"]");
        await socket.SendAsync("42[\"b\"]");
        Assert.Contains("Too many", await AskAsync(socket, "say"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_has_a_limit_for_all_of_its_namespaces()
    {
        await using var cluster = await StartAsync(limits => limits.PerConnection = new RateLimit(4, Day), io => io.Of("/other"));
        var (socket, _) = await cluster[0].JoinAsync();
        await socket.SendAsync("40/other,");
        Assert.StartsWith("40/other,{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("42/other,[\"say\"]");
        Assert.Equal("\"heard\"", await AskAsync(socket, "say"));
        Assert.Contains("Too many messages of this connection", await AskAsync(socket, "say"), StringComparison.Ordinal);
        await socket.SendAsync("40/another,");
        var refused = await socket.ReceiveTextAsync();
        Assert.StartsWith("44/another,{\"message\":\"Too many messages of this connection", refused, StringComparison.Ordinal);
        Assert.Contains("\"data\":{\"retryAfter\":", refused, StringComparison.Ordinal);
        Assert.Empty(cluster[0].Log.Errors);
    }

    [Fact]
    public async Task All_connections_of_a_user_share_its_limit()
    {
        await using var cluster = await StartAsync(limits => limits.PerUser = new RateLimit(3, Day));
        var first = await ConnectAsync(cluster, "X-User", "ada");
        var second = await ConnectAsync(cluster, "X-User", "ada");
        var other = await ConnectAsync(cluster, "X-User", "bob");
        var nobody = await ConnectAsync(cluster, "X-Nothing", "");
        Assert.Equal("\"heard\"", await AskAsync(first, "say"));
        Assert.Contains("Too many messages of this user", await AskAsync(second, "say"), StringComparison.Ordinal);
        Assert.Equal("\"heard\"", await AskAsync(other, "say"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("\"heard\"", await AskAsync(nobody, "say"));
        }
    }

    [Fact]
    public async Task All_connections_of_an_address_share_its_limit_and_those_of_the_proxy_are_none()
    {
        await using var cluster = await StartAsync(limits =>
        {
            limits.PerAddress = new RateLimit(3, Day);
            limits.SharedAddresses.Add("198.51.100.0/24");
        });
        var first = await ConnectAsync(cluster, "X-Forwarded-For", "203.0.113.7");
        var second = await ConnectAsync(cluster, "X-Forwarded-For", "203.0.113.7");
        Assert.Equal("\"heard\"", await AskAsync(first, "say"));
        Assert.Contains("Too many messages from this address", await AskAsync(second, "say"), StringComparison.Ordinal);
        foreach (var (header, address) in new[] { ("X-Nothing", ""), ("X-Forwarded-For", "198.51.100.7") })
        {
            var shared = await ConnectAsync(cluster, header, address);
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal("\"heard\"", await AskAsync(shared, "say"));
            }
        }
    }

    [Theory]
    [InlineData("polling")]
    [InlineData("websocket")]
    public async Task Connections_that_an_address_opens_too_often_get_status_429(string transport)
    {
        await using var cluster = await StartAsync(limits => limits.ConnectionsPerAddress = new RateLimit(1, Day));
        await ConnectAsync(cluster, "X-Forwarded-For", "203.0.113.7");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(cluster[0].Address, $"/socket.io/?EIO=4&transport={transport}"));
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        if (transport == "websocket")
        {
            request.Headers.Add("Connection", "Upgrade");
            request.Headers.Add("Upgrade", "websocket");
            request.Headers.Add("Sec-WebSocket-Version", "13");
            request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        }
        using var refused = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromHours(1), TimeSpan.FromDays(1));
        Assert.Contains(
            "Too many connections from this address", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await ConnectAsync(cluster, "X-Forwarded-For", "203.0.113.8");
    }

    [Fact]
    public async Task Users_and_addresses_are_forgotten_when_they_have_all_of_their_permits()
    {
        var time = new ManualTime();
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: Serve,
            build: builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddClientRateLimits(limits => limits.PerAddress = new RateLimit(1000, TimeSpan.FromSeconds(1)));
                builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
            },
            map: (app, _) => app.UseForwardedHeaders());
        var limits = cluster[0].Services.GetRequiredService<RateLimits>();
        var socket = await ConnectAsync(cluster, "X-Forwarded-For", "203.0.113.7");
        Assert.Equal("\"heard\"", await AskAsync(socket, "say"));
        Assert.Equal(1, limits.Remembered);
        while (limits.Remembered > 0)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }

    private int _said;

    private async Task<SocketIOCluster> StartAsync(Action<RateLimitOptions> limit, Action<SocketIOServer>? serve = null) => await SocketIOCluster.StartAsync(
        serve: io =>
        {
            Serve(io);
            serve?.Invoke(io);
        },
        build: builder =>
        {
            builder.Services.AddClientRateLimits(limit);
            builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
        },
        map: (app, _) =>
        {
            app.UseForwardedHeaders();
            app.Use((context, next) =>
            {
                if (context.Request.Headers["X-User"].ToString() is { Length: > 0 } user)
                {
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user)], "test"));
                }
                return next(context);
            });
        });

    private void Serve(SocketIOServer io) => io
        .On("say", () =>
        {
            Interlocked.Increment(ref _said);
            return "heard";
        })
        .On("other", () => "heard");

    private static async Task<TestSocket> ConnectAsync(SocketIOCluster cluster, string header, string value)
    {
        var socket = await TestSocket.ConnectAsync(
            cluster[0].Address, "/socket.io/?EIO=4&transport=websocket", options => options.SetRequestHeader(header, value));
        Assert.StartsWith("0{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        await socket.SendAsync("40");
        Assert.StartsWith("40{", await socket.ReceiveTextAsync(), StringComparison.Ordinal);
        return socket;
    }

    /// <summary>The argument of the acknowledgement, as JSON.</summary>
    private static async Task<string> AskAsync(TestSocket socket, string @event)
    {
        await socket.SendAsync($"421[\"{@event}\"]");
        var answer = await socket.ReceiveTextAsync();
        Assert.StartsWith("431[", answer, StringComparison.Ordinal);
        return answer[4..^1];
    }
}
