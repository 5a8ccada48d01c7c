using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;

namespace Rides;

/// <summary>Takes what passengers ask for, and tells those who are concerned, in the background.</summary>
internal sealed class RideDesk(IHubContext<RideHub, IRideClient> hub) : BackgroundService
{
    private readonly Channel<Ride> _wanted = Channel.CreateBounded<Ride>(1_000);

    public async Task<string> Add(RideRequest request, ClaimsPrincipal user)
    {
        var id = Guid.NewGuid().ToString("N");
        await _wanted.Writer.WriteAsync(new Ride(id, request.City, request.From, request.To, user.FindFirstValue(ClaimTypes.NameIdentifier)!));
        return id;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ride in _wanted.Reader.ReadAllAsync(stoppingToken))
        {
            await hub.Clients.Groups($"drivers:{ride.City}", "dispatchers").RideWanted(ride);
        }
    }
}
