using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.Tests.SignalR;

/// <summary>A server that stops tells its SignalR clients to come back, when they have the answers that they wait for, and takes no new ones.</summary>
public sealed class DrainTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private HubApplication _app = null!;
    private Uri _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await HubApplication.StartAsync(
            services =>
            {
                services.AddSignalR().AddOrleansAdapter(options => options.RequestsTimeout = TimeSpan.FromSeconds(100));
                services.AddSingleton<Gate>();
            },
            app => app.MapHub<GatedHub>("/hub", options => options.AllowStatefulReconnects = true));
        _hub = new Uri(_app.Address, "/hub");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Clients_hear_what_was_sent_before_and_are_allowed_to_reconnect()
    {
        await using var client = await RawWebSocket.ConnectAsync(_hub, null);
        await client.HandshakeAsync();
        await client.CallAsync(nameof(GatedHub.Id));
        var hub = _app.Services.GetRequiredService<IHubContext<GatedHub>>();
        await hub.Clients.All.SendAsync("said", "last").InTimeAsync();
        var stopping = Task.Run(() => _app.StopAsync());
        Assert.Equal("last", await client.HearAsync());
        Assert.Equal((7, true), await client.CloseAsync());
        await client.BreakAsync();
        await stopping.InTimeAsync();
    }

    [Fact]
    public async Task A_call_is_answered_first_and_meanwhile_nobody_new_is_let_in()
    {
        await using var client = await RawWebSocket.ConnectAsync(_hub, null);
        await client.HandshakeAsync();
        var calling = client.CallAsync(nameof(GatedHub.Wait));
        var gate = _app.Services.GetRequiredService<Gate>();
        await gate.Entered.Task.InTimeAsync();
        var stopping = Task.Run(() => _app.StopAsync());
        await InTime.UntilAsync(() => _app.Services.GetRequiredService<ThisServer>().IsDraining);

        using (var refused = await _http.PostAsync(new Uri($"{_hub}/negotiate?negotiateVersion=1"), null).InTimeAsync())
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }
        await Assert.ThrowsAnyAsync<System.Net.WebSockets.WebSocketException>(() => RawWebSocket.ConnectAsync(_hub, null));
        Assert.False(calling.IsCompleted);
        gate.Open.SetResult();
        Assert.Equal("through", await calling);
        Assert.Equal((7, true), await client.CloseAsync());
        await client.BreakAsync();
        await stopping.InTimeAsync();
        Assert.Equal(0, _app.Services.GetRequiredService<IHubNamespace<GatedHub>>().Namespace.LocalSocketCount);
    }

    private sealed class Gate
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class GatedHub(Gate gate) : Hub
    {
        public string Id() => Context.ConnectionId;

        public async Task<string> Wait()
        {
            gate.Entered.TrySetResult();
            await gate.Open.Task;
            return "through";
        }
    }
}
