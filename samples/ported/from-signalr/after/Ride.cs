namespace Rides;

/// <summary>A ride that somebody wants.</summary>
public sealed record Ride(string Id, string City, string From, string To, string Passenger);

/// <summary>What a passenger asks for.</summary>
public sealed record RideRequest(string City, string From, string To);

/// <summary>A driver who is there, and the id of the driver's connection.</summary>
public sealed record Driver(string ConnectionId, string Name);

/// <summary>Where a car is.</summary>
public sealed record Position(double Latitude, double Longitude);
