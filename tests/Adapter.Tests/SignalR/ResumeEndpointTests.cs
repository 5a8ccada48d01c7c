using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A resume token as a real request shows it. What comes of it is in <see cref="HubRecoveryTests"/>.</summary>
public sealed class ResumeEndpointTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private HubApplication _app = null!;
    private Uri _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await HubApplication.StartAsync(
            services => services.AddSignalR().AddOrleansAdapter(options =>
            {
                options.AllowNegotiateVersion0 = true;
                options.HubRecovery = new HubRecoveryOptions();
            }),
            app => app.MapHub<TestHub>("/hub"));
        _hub = new Uri(_app.Address, "/hub");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("query")]
    [InlineData("header")]
    public async Task It_is_in_the_query_or_in_a_header_and_is_shown_to_nobody_who_fetches_the_socket(string where)
    {
        var (id, token) = await LeaveAsync();
        var isQuery = where == "query";

        await using var again = await RawWebSocket.ConnectAsync(
            _hub,
            null,
            isQuery ? $"resumeToken={token}" : "",
            options =>
            {
                if (!isQuery)
                {
                    options.SetRequestHeader("X-Resume-Token", token);
                }
            });
        await again.HandshakeAsync();

        Assert.Equal(id, await again.CallAsync(nameof(TestHub.Id)));
        var hub = _app.Services.GetRequiredService<IHubNamespace<TestHub>>().Namespace;
        var socket = Assert.Single(await hub.FetchSocketsAsync().InTimeAsync());
        Assert.Equal(id, socket.Id.ToString());
        Assert.DoesNotContain(token, socket.Handshake.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("resume", socket.Handshake.GetRawText(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_is_not_looked_at_where_the_id_is_the_connections_only_key()
    {
        var (_, token) = await LeaveAsync();
        using var answer = await _http.PostAsync(new Uri($"{_hub}/negotiate"), null).InTimeAsync();
        var key = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("connectionId").GetString()!;

        await using var again = await RawWebSocket.ConnectAsync(_hub, key, $"&resumeToken={token}");
        await again.HandshakeAsync();

        Assert.Equal(key, await again.CallAsync(nameof(TestHub.Id)));
        Assert.Equal(nameof(HubConnectionRecovery.None), await again.CallAsync(nameof(TestHub.Recovery)));
    }

    /// <summary>A client connects, and its connection breaks; returns its id and its token.</summary>
    private async Task<(string Id, string Token)> LeaveAsync()
    {
        await using var client = await RawWebSocket.ConnectAsync(_hub, null);
        await client.HandshakeAsync();
        var (id, token) = ((await client.CallAsync(nameof(TestHub.Id)))!, (await client.CallAsync(nameof(TestHub.Token)))!);
        await client.BreakAsync();
        return (id, token);
    }
}
