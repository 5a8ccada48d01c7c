using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Rides;

namespace OrleansAdapter.EndToEnd.Ported;

/// <summary>
/// What the official clients of samples/ported/from-signalr see on three servers: the same on what it was, SignalR with Microsoft's Redis backplane, and on
/// what it became.
/// </summary>
public abstract class RidesSuite(RidesApplication application) : IAsyncDisposable
{
    private readonly List<RideClient> _clients = [];

    /// <summary>A city and a name of this test's own, as all tests have one application.</summary>
    private readonly string _own = Guid.NewGuid().ToString("N")[..8];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Nobody_gets_in_without_a_token_and_only_dispatchers_dispatch()
    {
        application.Needed();
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => RideClient.OpenAsync(application.Url(1), "nobody", null));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var http = new HttpClient();
        using var wanted = await http.PostAsJsonAsync($"{application.Url(2)}/rides", new RideRequest("a", "b", "c"), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, wanted.StatusCode);

        var passenger = await OpenAsync(1, "passenger");
        var error = await Assert.ThrowsAsync<HubException>(() => passenger.InvokeAsync("SetPrice", 2.0));
        Assert.Contains("unauthorized", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Dispatchers_see_the_drivers_of_all_servers_come_and_go()
    {
        application.Needed();
        var dispatcher = await OpenAsync(1, "dispatcher");
        var first = await OpenAsync(2, "driver", "cid", _own);
        await OpenAsync(3, "driver", "dot", _own);
        await OpenAsync(3, "driver", "far", _own + "-elsewhere");
        foreach (var name in (string[])["cid", "dot", "far"])
        {
            await dispatcher.HearsAsync($"came {name}-{_own}");
        }
        Assert.Equal([$"cid-{_own}", $"dot-{_own}"], await DriversAsync());

        await first.DisposeAsync();
        await dispatcher.HearsAsync($"left cid-{_own}");
        Assert.Equal([$"dot-{_own}"], await DriversAsync());

        async Task<string[]> DriversAsync() =>
            [.. (await dispatcher.InvokeAsync<Driver[]>("DriversIn", _own)).Select(driver => driver.Name).Order(StringComparer.Ordinal)];
    }

    [Fact(Timeout = 120_000)]
    public async Task A_ride_is_wanted_by_HTTP_offered_to_drivers_elsewhere_and_followed_by_its_passenger()
    {
        application.Needed();
        var (dispatcher, other) = (await OpenAsync(1, "dispatcher"), await OpenAsync(3, "dispatcher", "other"));
        var (passenger, driver) = (await OpenAsync(3, "passenger"), await OpenAsync(2, "driver", "cid", _own));
        var far = await OpenAsync(2, "driver", "far", _own + "-elsewhere");

        // In the background of the server that took it.
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", TokenOf("passenger")) } };
        using var answer = await http.PostAsJsonAsync($"{application.Url(3)}/rides", new RideRequest(_own, "here", "there"), Cancellation);
        answer.EnsureSuccessStatusCode();
        var id = await answer.Content.ReadAsStringAsync(Cancellation);
        foreach (var concerned in (RideClient[])[driver, dispatcher, other])
        {
            await concerned.HearsAsync($"wanted {id} from here to there in {_own} by passenger-{_own}");
        }

        var (ride, offered) = (new Ride(id, _own, "here", "there", $"passenger-{_own}"), (await dispatcher.InvokeAsync<Driver[]>("DriversIn", _own)).Single());
        Assert.False(await dispatcher.InvokeAsync<bool>("Offer", offered, ride));
        driver.Accepts = true;
        Assert.True(await dispatcher.InvokeAsync<bool>("Offer", offered, ride));
        await passenger.HearsAsync($"taken {id} by cid-{_own}");
        await other.HearsAsync($"taken {id} by cid-{_own}");
        Assert.Equal(2, driver.Heard.All.Count(heard => heard == $"asked {id}"));

        await passenger.InvokeAsync("Follow", id);
        var way = Channel.CreateUnbounded<Position>();
        var drive = driver.Hub.InvokeAsync("Drive", id, way.Reader, Cancellation);
        for (var step = 1; step <= 3; step++)
        {
            way.Writer.TryWrite(new Position(48, 2 + step));
            await passenger.HearsAsync($"moved {id} to 48/{2 + step}");
        }
        way.Writer.Complete();
        await drive;

        Assert.DoesNotContain(dispatcher.Heard.All, heard => heard.StartsWith("taken", StringComparison.Ordinal));
        Assert.DoesNotContain(driver.Heard.All, heard => heard.StartsWith("moved", StringComparison.Ordinal));
        Assert.Equal(0, far.Heard.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_price_is_followed_on_every_server()
    {
        application.Needed();
        var dispatcher = await OpenAsync(1, "dispatcher");
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        List<IAsyncEnumerator<double>> prices = [];
        for (var server = 1; server <= 3; server++)
        {
            var follower = await OpenAsync(server, "passenger", $"follower-{server}");
            prices.Add(follower.Hub.StreamAsync<double>("Price", ends.Token).GetAsyncEnumerator(ends.Token));
            Assert.True(await prices[^1].MoveNextAsync()); // what it costs now
        }
        await dispatcher.InvokeAsync("SetPrice", 1.75);
        foreach (var price in prices)
        {
            while (price.Current != 1.75)
            {
                Assert.True(await price.MoveNextAsync());
            }
            await price.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_user_is_told_at_all_connections_whatever_they_speak_and_nothing_that_is_too_long()
    {
        application.Needed();
        RideClient[] connections =
        [
            await OpenAsync(1, "passenger", transport: HttpTransportType.LongPolling),
            await OpenAsync(2, "passenger", transport: HttpTransportType.ServerSentEvents),
            await OpenAsync(3, "passenger", withMessagePack: true),
        ];
        var sender = await OpenAsync(2, "driver", "cid", withMessagePack: true);
        await sender.InvokeAsync("Tell", $"passenger-{_own}", "I am there 🚕");
        foreach (var connection in connections)
        {
            await connection.HearsAsync($"cid-{_own}: I am there 🚕");
        }
        var error = await Assert.ThrowsAsync<HubException>(() => sender.InvokeAsync("Tell", $"passenger-{_own}", new string('x', 201)));
        Assert.Contains("That is too long.", error.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
    }

    private string TokenOf(string name) => RideClient.Token($"{name}-{_own}", name);

    private async Task<RideClient> OpenAsync(
        int server, string role, string? name = null, string? city = null, HttpTransportType transport = HttpTransportType.WebSockets,
        bool withMessagePack = false)
    {
        var client = await RideClient.OpenAsync(application.Url(server), $"{name ?? role}-{_own}", role, city, transport, withMessagePack);
        _clients.Add(client);

        // A client has started when the server has answered its handshake; its groups come behind that, and calls behind those.
        await client.InvokeAsync("Follow", $"{_own}-nothing");
        return client;
    }
}

/// <summary>Three servers of the application.</summary>
public abstract class RidesApplication
{
    /// <summary>Skips the running test where the application does not run.</summary>
    public abstract void Needed();

    /// <summary>The address of a server, from 1.</summary>
    public abstract string Url(int server);
}
