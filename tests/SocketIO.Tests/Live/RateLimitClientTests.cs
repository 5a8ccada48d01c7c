using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>The official clients of both protocols are told what was over a limit (tests/EndToEnd/clients/limits.mjs).</summary>
public sealed class RateLimitClientTests
{
    [Fact]
    public async Task The_official_clients_are_told()
    {
        Checkout.SkipWithoutNode();
        await using var cluster = await SocketIOCluster.StartAsync(
            serve: io => io.On("say", () => "heard"),
            build: builder =>
            {
                builder.Services.AddSignalR().AddOrleansAdapter();
                builder.Services.AddClientRateLimits(limits =>
                {
                    limits.Events["say"] = new RateLimit(2, TimeSpan.FromDays(1));
                    limits.ConnectionsPerAddress = new RateLimit(2, TimeSpan.FromDays(1));
                });
                builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
            },
            map: (app, _) =>
            {
                app.UseForwardedHeaders();
                app.MapHub<Talk>("/hub");
            });

        await JavaScriptProgram.PassesAsync("limits.mjs", cluster[0].Address.ToString().TrimEnd('/'));
        Assert.Empty(cluster[0].Log.Errors);
    }

    private sealed class Talk : Hub
    {
        public string Say() => "heard";
    }
}
