using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Rides;

/// <summary>What drivers, passengers and dispatchers call.</summary>
[Authorize]
public sealed class RideHub(Drivers drivers, Prices prices) : Hub<IRideClient>
{
    private const string Dispatchers = "dispatchers";

    private string User => Context.UserIdentifier!;

    public override async Task OnConnectedAsync()
    {
        if (Context.User!.IsInRole("dispatcher"))
        {
            await Groups.AddToGroupAsync(Context.ConnectionId, Dispatchers);
        }
        else if (City is { } city)
        {
            Context.SocketData()["name"] = User;
            await Groups.AddToGroupAsync(Context.ConnectionId, $"drivers:{city}");
            await Clients.Group(Dispatchers).DriverCame(new Driver(Context.ConnectionId, User));
        }
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (City is { } city)
        {
            // SignalR itself takes a connection out of its groups only after this, and a dispatcher who hears of it may ask at once who is left.
            await Groups.RemoveFromGroupAsync(Context.ConnectionId, $"drivers:{city}");
            await Clients.Group(Dispatchers).DriverLeft(new Driver(Context.ConnectionId, User));
        }
    }

    [Authorize(Roles = "dispatcher")]
    public Task<Driver[]> DriversIn(string city) => drivers.InAsync(city);

    /// <summary>Offers a ride to a driver, on whatever server; whether the driver takes it.</summary>
    [Authorize(Roles = "dispatcher")]
    public async Task<bool> Offer(Driver driver, Ride ride)
    {
        if (!await Clients.Client(driver.ConnectionId).Accept(ride))
        {
            return false;
        }
        await Groups.AddToGroupAsync(driver.ConnectionId, $"ride:{ride.Id}");
        await Clients.User(ride.Passenger).RideTaken(ride.Id, driver.Name);
        await Clients.OthersInGroup(Dispatchers).RideTaken(ride.Id, driver.Name);
        return true;
    }

    [Authorize(Roles = "dispatcher")]
    public Task SetPrice(double factor) => prices.SetAsync(factor);

    /// <summary>What a ride costs now, and from then on whenever it changes.</summary>
    public async IAsyncEnumerable<double> Price([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var factor in prices.FollowAsync(cancellationToken))
        {
            yield return factor;
        }
    }

    public Task Follow(string rideId) => Groups.AddToGroupAsync(Context.ConnectionId, $"ride:{rideId}");

    /// <summary>A driver's way, as long as it lasts.</summary>
    public async Task Drive(string rideId, IAsyncEnumerable<Position> way)
    {
        await foreach (var position in way)
        {
            await Clients.OthersInGroup($"ride:{rideId}").Moved(rideId, position);
        }
    }

    public Task Tell(string user, string text) => Clients.User(user).Message(User, text);

    private string? City => Context.GetHttpContext()?.Request.Query["city"].FirstOrDefault();
}
