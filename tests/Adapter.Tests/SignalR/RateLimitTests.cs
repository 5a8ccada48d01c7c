using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>What a client calls too often is refused with a reason that it can read, and costs nobody else anything.</summary>
public sealed class RateLimitTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task Calls_of_a_method_that_has_a_limit_are_refused_and_others_go_on()
    {
        await using var app = await StartAsync(limits => limits.Events["id"] = new RateLimit(2, Day));
        using var metrics = new MetricsReader(app.Services);
        await using var client = await ConnectAsync(app);
        await using var other = await ConnectAsync(app);
        Assert.Null(await ErrorAsync(client, "Id"));
        Assert.Null(await ErrorAsync(client, "ID"));
        Assert.Contains("HubException: Too many messages of this kind: try again in", await ErrorAsync(client, "Id"), StringComparison.Ordinal);
        Assert.Null(await ErrorAsync(client, "Nothing"));
        Assert.Null(await ErrorAsync(other, "Id"));
        Assert.Equal(1, metrics["orleansadapter.ratelimits.refused{event}"]);
        AssertNoErrorLine(app);
    }

    [Fact]
    public async Task Methods_without_a_limit_of_their_own_share_one()
    {
        await using var app = await StartAsync(limits => limits.Events[RateLimitOptions.OtherEvents] = new RateLimit(2, Day));
        await using var client = await ConnectAsync(app);
        Assert.Null(await ErrorAsync(client, "Id"));
        Assert.Null(await ErrorAsync(client, "Nothing"));
        Assert.Contains("Too many", await ErrorAsync(client, "Id"), StringComparison.Ordinal);
        Assert.Contains("Too many", await ErrorAsync(client, "There is no such method"), StringComparison.Ordinal);
        AssertNoErrorLine(app);
    }

    [Fact]
    public async Task A_connection_has_a_limit_for_all_it_calls()
    {
        await using var app = await StartAsync(limits => limits.PerConnection = new RateLimit(3, Day));
        using var metrics = new MetricsReader(app.Services);
        await using var client = await ConnectAsync(app);
        await using var other = await ConnectAsync(app);
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await ErrorAsync(client, i == 0 ? "Id" : "Nothing"));
        }
        Assert.Contains("Too many messages of this connection", await ErrorAsync(client, "Id"), StringComparison.Ordinal);
        Assert.Null(await ErrorAsync(other, "Id"));
        Assert.Equal(1, metrics["orleansadapter.ratelimits.refused{connection}"]);
    }

    [Fact]
    public async Task What_the_limit_refuses_is_not_done_where_nobody_waits_for_the_answer_either()
    {
        await using var app = await StartAsync(limits => limits.PerConnection = new RateLimit(3, Day));
        using var metrics = new MetricsReader(app.Services);
        await using var client = await ConnectAsync(app);
        Assert.Null(await ErrorAsync(client, "Join", "\"all\""));
        await client.SendAsync("""{"type":1,"target":"Say","arguments":["all","first"]}""");
        await client.SendAsync("""{"type":1,"target":"Say","arguments":["all","second"]}""");
        await client.SendAsync("""{"type":1,"target":"Say","arguments":["all","third"]}""");
        await InTime.UntilAsync(() => metrics["orleansadapter.ratelimits.refused{connection}"] == 1);
        Assert.Equal("first", await client.HearAsync());
        Assert.Equal("second", await client.HearAsync());
        var group = app.Services.GetRequiredService<IHubContext<TestHub>>().Clients.Group("all");
        await group.SendAsync("said", "last").InTimeAsync();
        Assert.Equal("last", await client.HearAsync());
    }

    [Fact]
    public async Task All_connections_of_an_address_share_its_limit_and_those_of_the_proxy_are_none()
    {
        await using var app = await StartAsync(limits => limits.PerAddress = new RateLimit(2, Day));
        using var metrics = new MetricsReader(app.Services);
        await using var first = await ConnectAsync(app, "203.0.113.7");
        await using var second = await ConnectAsync(app, "203.0.113.7");
        await using var other = await ConnectAsync(app, "203.0.113.8");
        await using var local = await ConnectAsync(app);
        Assert.Null(await ErrorAsync(first, "Id"));
        Assert.Null(await ErrorAsync(second, "Id"));
        Assert.Contains("Too many messages from this address", await ErrorAsync(first, "Id"), StringComparison.Ordinal);
        Assert.Contains("Too many messages from this address", await ErrorAsync(second, "Id"), StringComparison.Ordinal);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(await ErrorAsync(local, "Id"));
        }
        Assert.Null(await ErrorAsync(other, "Id"));
        Assert.Equal(2, metrics["orleansadapter.ratelimits.refused{address}"]);
    }

    [Fact]
    public async Task Connections_that_an_address_opens_too_often_get_status_429()
    {
        await using var app = await StartAsync(limits => limits.ConnectionsPerAddress = new RateLimit(2, Day));
        using var metrics = new MetricsReader(app.Services);
        using var http = new HttpClient();
        await using var first = await ConnectAsync(app, "203.0.113.7");
        using var granted = await NegotiateAsync(http, app, "203.0.113.7");
        var token = (await granted.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync()).GetProperty("connectionToken").GetString()!;
        await using var second = await RawWebSocket.ConnectAsync(new Uri(app.Address, "/hub"), token);
        await second.HandshakeAsync();

        using var refused = await NegotiateAsync(http, app, "203.0.113.7");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(12));
        Assert.Contains("Too many connections", await refused.Content.ReadAsStringAsync().InTimeAsync(), StringComparison.Ordinal);
        using var other = await NegotiateAsync(http, app, "203.0.113.8");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal(1, metrics["orleansadapter.ratelimits.refused{connections}"]);
    }

    [Fact]
    public async Task Connections_with_stateful_reconnect_have_the_same_limits()
    {
        await using var app = await StartAsync(limits => limits.PerConnection = new RateLimit(1, Day), stateful: true);
        using var http = new HttpClient();
        using var granted = await http.PostAsync(new Uri(app.Address, "/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true"), null).InTimeAsync();
        var negotiation = await granted.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
        Assert.True(negotiation.GetProperty("useStatefulReconnect").GetBoolean());
        await using var client = await RawWebSocket.ConnectAsync(
            new Uri(app.Address, "/hub"), negotiation.GetProperty("connectionToken").GetString()!, query: "&useStatefulReconnect=true");
        await client.HandshakeAsync(2);
        Assert.Null(await ErrorAsync(client, "Id"));
        Assert.Contains("Too many messages of this connection", await ErrorAsync(client, "Id"), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> NegotiateAsync(HttpClient http, HubApplication app, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "/hub/negotiate?negotiateVersion=1"));
        request.Headers.Add("X-Forwarded-For", address);
        return await http.SendAsync(request).InTimeAsync();
    }

    private static async Task<RawTransport> ConnectAsync(HubApplication app, string? address = null)
    {
        var client = await RawWebSocket.ConnectAsync(
            new Uri(app.Address, "/hub"), null, configure: options => options.SetRequestHeader("X-Forwarded-For", address));
        await client.HandshakeAsync();
        return client;
    }

    /// <summary>The error that a call ends with; null where it went well, or there is no such method.</summary>
    private static async Task<string?> ErrorAsync(RawTransport client, string method, string arguments = "")
    {
        var error = await client.ErrorAsync(method, arguments);
        return error?.Contains("Method does not exist", StringComparison.Ordinal) == true ? null : error;
    }

    private static void AssertNoErrorLine(HubApplication app) =>
        Assert.DoesNotContain(app.Services.GetRequiredService<TestLog>().Lines, line => line.Level >= LogLevel.Error);

    private static Task<HubApplication> StartAsync(Action<RateLimitOptions> limit, bool stateful = false) => HubApplication.StartAsync(
        services =>
        {
            var log = new TestLog();
            services.AddSingleton(log);
            services.AddLogging(logging => logging.AddProvider(log));
            services.AddSignalR().AddOrleansAdapter();
            services.AddClientRateLimits(limit);
            services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
        },
        app =>
        {
            app.UseForwardedHeaders();
            app.MapHub<TestHub>("/hub", options => options.AllowStatefulReconnects = stateful);
        });
}
