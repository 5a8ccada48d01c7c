using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansAdapter.Packets;
using OrleansAdapter.Testing;

namespace OrleansAdapter.SocketIO.Tests.Live;

/// <summary>Socket.IO as part of an ASP.NET Core application.</summary>
public sealed class HostingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_apply_to_the_endpoint_and_the_user_is_at_hand()
    {
        await using var cluster = await SocketIOCluster.StartAsync(
            2,
            serve: io => io.On("who", (ClaimsPrincipal user) => user.Identity!.Name),
            build: builder =>
            {
                builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("test", null);
                builder.Services.AddAuthorization();
            },
            map: (app, endpoint) =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                endpoint.RequireAuthorization();
            });
        using var http = new HttpClient { BaseAddress = cluster[0].Address };
        using var refused = await http.GetAsync("/socket.io/?EIO=4&transport=polling", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => cluster[0].ConnectAsync());

        await using var socket = await TestSocket.ConnectAsync(
            cluster[0].Address, "/socket.io/?EIO=4&transport=websocket", options => options.SetRequestHeader("X-User", "ada"));
        await socket.ReceiveAsync();
        await socket.SendAsync("40");
        await socket.ReceiveAsync();
        await socket.SendAsync("421[\"who\"]");
        Assert.Equal("431[\"ada\"]", await socket.ReceiveAsync());
        await cluster[1].IO.ToUser("ada").Emit("hello");
        Assert.Equal("42[\"hello\"]", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task Invalid_options_stop_the_start_and_are_named()
    {
        var exception = await Assert.ThrowsAnyAsync<OptionsValidationException>(
            () => SocketIOCluster.StartAsync(configure: options => options.ConnectTimeout = TimeSpan.Zero));

        Assert.Contains("SocketIOOptions.ConnectTimeout", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_allocates_next_to_nothing_per_member()
    {
        const int deliveries = 2000;
        await using var cluster = await SocketIOCluster.StartAsync();
        var (client, id) = await cluster[0].JoinAsync();
        var socket = cluster[0].IO.Root.Find(id)!;
        var packet = new Packet("said", "[\"text\"]"u8.ToArray(), [], [], BroadcastFlags.Volatile);
        var reading = client.ReceiveToEndAsync();
        void Deliver()
        {
            socket.Deliver(packet);
            socket.EndTurn();
        }

        Assert.InRange(Allocated.ByEach(deliveries, Deliver), 0, 100);
        socket.Disconnect(close: true);
        await reading;
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var user = Request.Headers["X-User"].ToString();
            if (user.Length == 0)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, user), new Claim(ClaimTypes.NameIdentifier, user)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}
