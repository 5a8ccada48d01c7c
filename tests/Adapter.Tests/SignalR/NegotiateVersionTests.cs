using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>
/// Connection ids are public: whoever sees one must not be able to speak for its client, or to end it. And pages of other sites have no WebSocket.
/// </summary>
public sealed class NegotiateVersionTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private HubApplication _app = null!;
    private Uri _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await HubApplication.StartAsync(
            services =>
            {
                services.AddSignalR().AddOrleansAdapter();
                services.AddCors();
            },
            app =>
            {
                app.UseCors();
                app.MapHub<TestHub>("/hub");
                app.MapHub<TestHub>("/friendly").RequireCors(policy => policy.WithOrigins("https://friend.example"));
            });
        _hub = new Uri(_app.Address, "/hub");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?negotiateVersion=0")]
    public async Task Version_zero_whose_public_id_is_the_key_is_refused_with_a_reason(string query)
    {
        using var response = await _http.PostAsync(new Uri($"{_hub}/negotiate{query}"), null).InTimeAsync();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();

        Assert.False(answer.TryGetProperty("connectionId", out _));
        Assert.Contains("AllowNegotiateVersion0", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_id_of_a_client_that_skipped_negotiation_opens_nothing()
    {
        await using var client = await RawWebSocket.ConnectAsync(_hub, null);
        await client.HandshakeAsync();
        await CheckAsync((await client.CallAsync(nameof(TestHub.Id)))!);
        Assert.NotNull(await client.CallAsync(nameof(TestHub.Id)));
    }

    [Theory]
    [InlineData("/hub", null, 101)]
    [InlineData("/hub", "https://evil.example", 403)]
    [InlineData("/hub", "http://127.0.0.1", 101)]
    [InlineData("/hub", "https://friend.example", 403)]
    [InlineData("/friendly", "https://friend.example", 101)]
    [InlineData("/friendly", "https://evil.example", 403)]
    public async Task A_WebSocket_of_another_sites_page_is_refused_unless_a_policy_allows_it(string path, string? origin, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_hub, path));
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTimeAsync();
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_id_of_a_client_that_negotiated_opens_nothing()
    {
        using var response = await _http.PostAsync(new Uri($"{_hub}/negotiate?negotiateVersion=1"), null).InTimeAsync();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
        await using var client = await RawLongPolling.ConnectAsync(_hub, answer.GetProperty("connectionToken").GetString()!);
        await client.HandshakeAsync();
        var id = (await client.CallAsync(nameof(TestHub.Id)))!;
        Assert.Equal(answer.GetProperty("connectionId").GetString(), id);
        await CheckAsync(id);
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
    }

    private async Task CheckAsync(string id)
    {
        var uri = new Uri($"{_hub}?id={id}");
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
        {
            using var request = new HttpRequestMessage(method, uri);
            using var response = await _http.SendAsync(request).InTimeAsync();
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }
}
