namespace Rides;

/// <summary>What the server calls at its clients.</summary>
public interface IRideClient
{
    Task DriverCame(Driver driver);

    Task DriverLeft(Driver driver);

    Task RideWanted(Ride ride);

    Task RideTaken(string rideId, string driver);

    Task Moved(string rideId, Position position);

    Task Message(string from, string text);

    /// <summary>Asks a driver, who says yes or no.</summary>
    Task<bool> Accept(Ride ride);
}
