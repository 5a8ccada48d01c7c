using OrleansAdapter.SignalR;

namespace Rides;

/// <summary>Who drives where, on all servers: who is in the group, with the data that the hub gave each.</summary>
public sealed class Drivers(IHubNamespace<RideHub> hub)
{
    public async Task<Driver[]> InAsync(string city) =>
        [.. (await hub.Namespace.To($"drivers:{city}").FetchSocketsAsync())
            .Select(socket => new Driver(socket.Id.ToString(), socket.Data.GetProperty("name").GetString()!))];
}
