using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;
using OrleansAdapter.Testing;
using OrleansAdapter.Tests.Directories;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>Requests of SignalR clients that come to a server which did not negotiate with them: they are passed on to the one that did.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private readonly ForwardingFolder _folder = new();
    private readonly InProcessTestCluster _cluster = new();
    private readonly HttpClient _http = new();
    private readonly List<WebApplication> _apps = [];

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            _apps.Add(await StartAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var app in _apps)
        {
            await app.DisposeAsync();
        }
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("negotiateVersion=1")]
    [InlineData("negotiateVersion=0")]
    public async Task A_websocket_that_comes_to_another_server_is_connected_to_the_one_that_negotiated(string query)
    {
        var (id, token) = await NegotiateAsync(0, query);
        await using var client = await RawWebSocket.ConnectAsync(HubOf(1), token);
        await WorksAsync(client, id);
        await client.SendAsync($$"""{"type":1,"invocationId":"1","target":"Id","arguments":[],"junk":"{{new string('x', 20_000)}}"}""");
        await client.BreakAsync();
        await InTime.UntilAsync(() => Server(0).Namespaces.All(n => n.LocalSocketCount == 0)); // the end goes on as well
    }

    [Fact]
    public async Task Server_sent_events_are_streamed_through_another_server()
    {
        var (id, token) = await NegotiateAsync(0);
        await using var client = await RawServerSentEvents.ConnectAsync(HubOf(1), token);
        await WorksAsync(client, id);
    }

    [Theory]
    [InlineData("negotiateVersion=1")]
    [InlineData("negotiateVersion=0")]
    public async Task Long_polling_works_through_another_server_and_ends_there(string query)
    {
        var (id, token) = await NegotiateAsync(0, query);
        await using (var client = await RawLongPolling.ConnectAsync(HubOf(1), token))
        {
            await WorksAsync(client, id);
        }
        await InTime.UntilAsync(() => Server(0).Namespaces.All(n => n.LocalSocketCount == 0));
    }

    [Fact]
    public async Task A_connection_of_a_server_that_is_gone_or_never_was_is_not_found_at_once()
    {
        await using var gone = await FakeServer.StartAsync(_cluster.NewDirectory(), id => $"unix:{_folder.SocketOf(id)}");
        foreach (var server in new[] { gone.Id, ServerId.NewProcess() })
        {
            foreach (var token in new[] { $"{server}.token", SocketId.New(server).ToString() })
            {
                foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete })
                {
                    using var response = await _http.SendAsync(new HttpRequestMessage(method, new Uri(HubOf(1), $"?id={token}"))).InTimeAsync();
                    Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
                }
                await Assert.ThrowsAsync<WebSocketException>(() => RawWebSocket.ConnectAsync(HubOf(1), token));
            }
        }
    }

    [Fact]
    public async Task A_request_is_passed_on_once_and_never_again()
    {
        using var asServer = _folder.To(Server(1).Process);
        using var metrics = new MetricsReader(_apps[1].Services);
        using var response = await asServer.GetAsync(new Uri($"http://server/hub?id={Server(0).Process}.token")).InTimeAsync();
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(1, metrics["orleansadapter.forwarding.loops"]);
    }

    private async Task WorksAsync(RawTransport client, string id)
    {
        await client.HandshakeAsync();
        Assert.Equal(id, await client.CallAsync(nameof(TestHub.Id)));
        foreach (var app in _apps)
        {
            await app.Services.GetRequiredService<IHubContext<TestHub>>().Clients.Client(id).SendAsync("said", "größer 🙂").InTimeAsync();
            Assert.Equal("größer 🙂", await client.HearAsync());
        }
    }

    private ThisServer Server(int index) => _apps[index].Services.GetRequiredService<ThisServer>();

    private Uri HubOf(int index) =>
        new(_apps[index].Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hub");

    private async Task<(string Id, string Token)> NegotiateAsync(int index, string query = "negotiateVersion=1")
    {
        using var response = await _http.PostAsync(new Uri($"{HubOf(index)}/negotiate?{query}"), null).InTimeAsync();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>().InTimeAsync();
        var id = answer.GetProperty("connectionId").GetString()!;
        return (id, answer.TryGetProperty("connectionToken", out var token) ? token.GetString()! : id);
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IDirectory>(new TestDirectory(_cluster.NewDirectory()));
        builder.Services.AddSignalR().AddOrleansAdapter(options =>
        {
            _folder.Configure(options);
            options.AllowNegotiateVersion0 = true;
        });
        var app = builder.Build();
        app.MapHub<TestHub>("/hub");
        await app.StartAsync().InTimeAsync();
        return app;
    }
}
