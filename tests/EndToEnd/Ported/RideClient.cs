using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.EndToEnd.Harness;
using Rides;

namespace OrleansAdapter.EndToEnd.Ported;

/// <summary>Somebody with the official .NET client of the application in samples/ported/from-signalr, and all that the server called there.</summary>
internal sealed class RideClient : IAsyncDisposable
{
    /// <summary>What tokens are signed with.</summary>
    public const string Key = "the key of a test, which is long enough";

    private RideClient(HubConnection hub, string name)
    {
        Hub = hub;
        Heard = new EventLog<string>(name);
        hub.On<Driver>("DriverCame", driver => Heard.Add($"came {driver.Name}"));
        hub.On<Driver>("DriverLeft", driver => Heard.Add($"left {driver.Name}"));
        hub.On<Ride>("RideWanted", ride => Heard.Add($"wanted {ride.Id} from {ride.From} to {ride.To} in {ride.City} by {ride.Passenger}"));
        hub.On<string, string>("RideTaken", (ride, driver) => Heard.Add($"taken {ride} by {driver}"));
        hub.On<string, Position>("Moved", (ride, position) => Heard.Add($"moved {ride} to {position.Latitude}/{position.Longitude}"));
        hub.On<string, string>("Message", (from, text) => Heard.Add($"{from}: {text}"));
        hub.On<Ride, bool>("Accept", ride =>
        {
            Heard.Add($"asked {ride.Id}");
            return Accepts;
        });
    }

    public HubConnection Hub { get; }

    /// <summary>What it heard, in order.</summary>
    public EventLog<string> Heard { get; }

    /// <summary>What it answers when it is offered a ride.</summary>
    public bool Accepts { get; set; }

    /// <summary>Connects somebody.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="user">Who it is.</param>
    /// <param name="role">The role in the token; null for no token.</param>
    /// <param name="city">Where a driver drives.</param>
    /// <param name="transport">How the client connects.</param>
    /// <param name="withMessagePack">Whether it speaks MessagePack, and not JSON.</param>
    public static async Task<RideClient> OpenAsync(
        string server, string user, string? role, string? city = null, HttpTransportType transport = HttpTransportType.WebSockets, bool withMessagePack = false)
    {
        var builder = new HubConnectionBuilder().WithUrl(
            $"{server}/rides{(city is null ? "" : $"?city={city}")}", transport,
            options => options.AccessTokenProvider = () => Task.FromResult(role is null ? null : Token(user, role)));
        if (withMessagePack)
        {
            builder.AddMessagePackProtocol();
        }
        var client = new RideClient(builder.Build(), $"{user} at {server}");
        try
        {
            await client.Hub.StartAsync(TestContext.Current.CancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A token that says who somebody is.</summary>
    public static string Token(string user, string role)
    {
        var text = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(new
        {
            iss = "rides",
            aud = "rides",
            sub = user,
            role,
            exp = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
        })}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes(text)))}";
    }

    public Task InvokeAsync(string method, params object?[] arguments) => Hub.InvokeCoreAsync(method, arguments, TestContext.Current.CancellationToken);

    public Task<T> InvokeAsync<T>(string method, params object?[] arguments) =>
        Hub.InvokeCoreAsync<T>(method, arguments, TestContext.Current.CancellationToken);

    public Task<string> HearsAsync(string text) => Heard.FirstAsync(heard => heard == text, text);

    public ValueTask DisposeAsync() => Hub.DisposeAsync();

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
