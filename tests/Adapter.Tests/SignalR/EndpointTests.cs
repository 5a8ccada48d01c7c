using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Hub endpoints on a real server: the id and the token of the negotiate answer name the server, and the id is the one that the hub sees.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private HubApplication _app = null!;
    private Uri _hub = null!;

    private Namespace Namespace => (Namespace)_app.Services.GetRequiredService<IHubNamespace<TestHub>>().Namespace;

    private HubTokens Tokens => ((OrleansHubLifetimeManager<TestHub>)_app.Services.GetRequiredService<HubLifetimeManager<TestHub>>()).Tokens;

    public async ValueTask InitializeAsync()
    {
        _app = await HubApplication.StartAsync(
            services =>
            {
                services.AddSignalR().AddOrleansAdapter(options => options.AllowNegotiateVersion0 = true);
                services.AddSingleton<HubLifetimeManager<OwnHub>, DefaultHubLifetimeManager<OwnHub>>();
            },
            app =>
            {
                app.MapHub<TestHub>("/hub", options => options.AllowStatefulReconnects = true);
                app.MapHub<TestHub>("/new", options => options.MinimumProtocolVersion = 1);
                app.MapHub<OwnHub>("/own");
            });
        _hub = new Uri(_app.Address, "/hub");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_negotiated_id_is_the_hubs_and_both_id_and_token_name_the_server()
    {
        var answer = await NegotiateAsync("negotiateVersion=1");
        var (id, token) = (answer.GetProperty("connectionId").GetString()!, answer.GetProperty("connectionToken").GetString()!);
        Assert.True(SocketId.TryParse(id, out var socket));
        Assert.Equal(Namespace.Life, socket.Server);
        Assert.StartsWith(Namespace.Life.ToString(), token, StringComparison.Ordinal);
        Assert.Equal(3, answer.GetProperty("availableTransports").GetArrayLength());

        await using var client = await RawWebSocket.ConnectAsync(_hub, token);
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
        await HearsByIdAsync(client, id);
    }

    [Fact]
    public async Task How_a_client_connected_is_fetched_with_its_socket_and_its_secrets_only_when_asked_for()
    {
        var (id, token) = await TokenAsync();
        await using var client = await RawWebSocket.ConnectAsync(_hub, token, "&color=green&access_token=sesame", options =>
        {
            options.SetRequestHeader("Cookie", "session=secret");
            options.SetRequestHeader("Authorization", "Bearer secret");
            options.SetRequestHeader("X-Tenant", "acme");
        });
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));

        var handshake = Assert.Single(await Namespace.FetchSocketsAsync(cancellationToken: TestContext.Current.CancellationToken).InTimeAsync()).Handshake;
        Assert.Equal(
            ("acme", "green", "/hub"),
            (
                handshake.GetProperty("headers").GetProperty("x-tenant").GetString(),
                handshake.GetProperty("query").GetProperty("color").GetString(),
                handshake.GetProperty("url").GetString()));
        Assert.Equal("127.0.0.1", handshake.GetProperty("address").GetString());
        Assert.InRange(handshake.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        var text = handshake.GetRawText();
        Assert.All(new[] { "secret", "sesame", token, "ebSocket-Key" }, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));

        var all = Assert.Single(await Namespace.FetchSocketsAsync(secrets: true, TestContext.Current.CancellationToken).InTimeAsync()).Handshake;
        Assert.Equal(
            ("session=secret", "Bearer secret"),
            (all.GetProperty("headers").GetProperty("cookie").GetString(), all.GetProperty("headers").GetProperty("authorization").GetString()));
        Assert.Equal("sesame", all.GetProperty("query").GetProperty("access_token").GetString());
        Assert.DoesNotContain(token, all.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_sent_events_have_the_negotiated_id()
    {
        var (id, token) = await TokenAsync();
        await using var client = await RawServerSentEvents.ConnectAsync(_hub, token);
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
        await HearsByIdAsync(client, id);
    }

    [Fact]
    public async Task Long_polling_has_the_negotiated_id()
    {
        var (id, token) = await TokenAsync();
        await using var client = await RawLongPolling.ConnectAsync(_hub, token);
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
        await HearsByIdAsync(client, id);
        await HearsByIdAsync(client, id);
    }

    [Fact]
    public async Task A_client_that_skips_negotiation_gets_an_id_that_names_the_server()
    {
        await using var client = await RawWebSocket.ConnectAsync(_hub, null);
        await client.HandshakeAsync();
        var id = await client.CallAsync(nameof(TestHub.Id));
        Assert.True(SocketId.TryParse(id, out var socket));
        Assert.Equal(Namespace.Life, socket.Server);
        await HearsByIdAsync(client, id!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("negotiateVersion=0")]
    public async Task Negotiation_of_version_zero_gives_an_id_that_serves_as_the_token(string query)
    {
        var answer = await NegotiateAsync(query);
        Assert.False(answer.TryGetProperty("connectionToken", out _));
        var id = answer.GetProperty("connectionId").GetString()!;
        Assert.True(SocketId.TryParse(id, out var socket));
        Assert.Equal(Namespace.Life, socket.Server);
        await using (var polling = await RawLongPolling.ConnectAsync(_hub, id))
        {
            await polling.HandshakeAsync();
            Assert.Equal(id, await polling.CallAsync(nameof(TestHub.Id)));
            await HearsByIdAsync(polling, id);
        }
        await InTime.UntilAsync(() => !Tokens.TryRead(id, out _, out _)); // forgotten with the connection
    }

    [Fact]
    public async Task A_connection_with_stateful_reconnect_is_resumed_with_its_token_and_misses_nothing()
    {
        var answer = await NegotiateAsync("negotiateVersion=1&useStatefulReconnect=true");
        Assert.True(answer.GetProperty("useStatefulReconnect").GetBoolean());
        var (id, token) = (answer.GetProperty("connectionId").GetString()!, answer.GetProperty("connectionToken").GetString()!);
        await using (var first = await RawWebSocket.ConnectAsync(_hub, token))
        {
            await first.HandshakeAsync(version: 2);
            Assert.Equal(id, await first.CallAsync(nameof(TestHub.Id)));
            await HearsByIdAsync(first, id);
            await first.BreakAsync();
        }
        var manager = _app.Services.GetRequiredService<HubLifetimeManager<TestHub>>();
        for (var i = 0; i < 20; i++)
        {
            await manager.SendConnectionAsync(id, "said", [$"{i}"]).InTimeAsync();
        }
        await using var second = await RawWebSocket.ConnectAsync(_hub, token);
        await second.SendAsync("""{"type":9,"sequenceId":1}""");
        for (var heard = await second.HearAsync(); heard != "0"; heard = await second.HearAsync())
        {
            Assert.Equal("by id", heard); // not acknowledged, so it is sent again
        }
        for (var i = 1; i < 20; i++)
        {
            Assert.Equal($"{i}", await second.HearAsync());
        }
    }

    [Fact]
    public async Task Tokens_that_this_server_did_not_give_are_refused_so_that_the_client_negotiates_anew()
    {
        var (id, token) = await TokenAsync();
        var elsewhere = ServerId.NewProcess();
        string[] wrong =
        [
            "garbage", id, $"{Namespace.Life}.unknown", $"{Namespace.Life}.", $"{elsewhere}{token[ServerId.TextLength..]}", token[(ServerId.TextLength + 1)..],
            SocketId.New(elsewhere).ToString(), Namespace.NewSocketId().ToString(),
        ];
        foreach (var text in wrong)
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
            {
                using var response = await _http.SendAsync(new HttpRequestMessage(method, new Uri(_hub, $"?id={Uri.EscapeDataString(text)}"))).InTimeAsync();
                Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            }
            await Assert.ThrowsAsync<WebSocketException>(() => RawWebSocket.ConnectAsync(_hub, text));
        }
        await using var client = await RawWebSocket.ConnectAsync(_hub, token);
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
    }

    [Theory]
    [InlineData("negotiateVersion=1")]
    [InlineData("negotiateVersion=0")]
    public async Task A_token_of_a_life_that_has_ended_is_refused(string query)
    {
        var answer = await NegotiateAsync(query);
        var life = Namespace.Life;
        _app.Directory.Fence(Namespace.Name);
        await InTime.UntilAsync(() => Namespace.Life != life);
        var token = answer.GetProperty(answer.TryGetProperty("connectionToken", out _) ? "connectionToken" : "connectionId").GetString()!;
        await Assert.ThrowsAsync<WebSocketException>(() => RawWebSocket.ConnectAsync(_hub, token));
        var (id, anew) = await TokenAsync();
        await using var client = await RawWebSocket.ConnectAsync(_hub, anew);
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "&useStatefulReconnect=true")]
    public async Task A_fenced_server_lets_its_clients_reconnect(int version, string query)
    {
        await using var client = await ConnectAsync(version, query);
        _app.Directory.Fence(Namespace.Name);
        Assert.Equal((7, true), await client.CloseAsync());
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "&useStatefulReconnect=true")]
    public async Task A_client_that_is_disconnected_hears_what_was_sent_before_and_is_told_to_stay_away(int version, string query)
    {
        await using var client = await ConnectAsync(version, query);
        _ = Namespace.Emit("said", "bye");
        await Namespace.DisconnectSocketsAsync(close: true).InTimeAsync();
        Assert.Equal("bye", await client.HearAsync());
        Assert.Equal((7, false), await client.CloseAsync());
    }

    [Fact]
    public async Task What_the_framework_refuses_stays_as_it_says()
    {
        using var method = await _http.GetAsync(new Uri(_hub + "/negotiate")).InTimeAsync();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        using var version = await _http.PostAsync(new Uri(_hub, "/new/negotiate?negotiateVersion=0"), null).InTimeAsync();
        var answer = await version.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
        Assert.Contains("does not support this version", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        using var missing = await _http.PostAsync(_hub, null).InTimeAsync();
        Assert.Equal(HttpStatusCode.BadRequest, missing.StatusCode);
    }

    [Fact]
    public async Task A_hub_with_a_lifetime_manager_of_its_own_keeps_the_frameworks_ids()
    {
        using var response = await _http.PostAsync(new Uri(_hub, "/own/negotiate?negotiateVersion=1"), null).InTimeAsync();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
        Assert.False(SocketId.TryParse(answer.GetProperty("connectionId").GetString(), out _));
        await using var client = await RawWebSocket.ConnectAsync(new Uri(_hub, "/own"), answer.GetProperty("connectionToken").GetString());
        await client.HandshakeAsync();
        Assert.Equal(answer.GetProperty("connectionId").GetString(), await client.CallAsync(nameof(OwnHub.Id)));
    }

    private async Task<RawWebSocket> ConnectAsync(int version, string query)
    {
        var answer = await NegotiateAsync($"negotiateVersion=1{query}");
        var client = await RawWebSocket.ConnectAsync(_hub, answer.GetProperty("connectionToken").GetString());
        await client.HandshakeAsync(version);
        await client.CallAsync(nameof(TestHub.Id));
        return client;
    }

    private async Task<JsonElement> NegotiateAsync(string query)
    {
        using var response = await _http.PostAsync(new Uri($"{_hub}/negotiate?{query}"), null).InTimeAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
    }

    private async Task<(string Id, string Token)> TokenAsync()
    {
        var answer = await NegotiateAsync("negotiateVersion=1");
        return (answer.GetProperty("connectionId").GetString()!, answer.GetProperty("connectionToken").GetString()!);
    }

    private async Task HearsByIdAsync(RawTransport client, string id)
    {
        await _app.Services.GetRequiredService<IHubContext<TestHub>>().Clients.Client(id).SendAsync("said", "by id").InTimeAsync();
        Assert.Equal("by id", await client.HearAsync());
    }

    private sealed class OwnHub : Hub
    {
        public string Id() => Context.ConnectionId;
    }
}
