using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;

namespace OrleansAdapter.Grains;

/// <summary>A room for other services: passes on what they ask for to <see cref="IRoomDoor"/>, many calls at a time, and keeps nothing.</summary>
[GrainType("orleansadapter.room"), StatelessWorker, Reentrant]
internal sealed class RoomGrain(IServiceProvider services) : Grain, IRoomGrain
{
    private string _namespace = "";
    private Room _room;

    private IRoomDoor Door => services.GetService<IRoomDoor>()
        ?? throw new InvalidOperationException("This silo has no door: call services.AddRoomDoor() of OrleansAdapter on every silo of the cluster.");

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_namespace, _room) = RoomKey.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public Task EmitJsonAsync(string @event, byte[] arguments, CancellationToken cancellationToken = default) =>
        Door.EmitAsync(_namespace, _room, @event, arguments).WaitAsync(cancellationToken);

    public async Task<SocketId[]> SocketsAsync(CancellationToken cancellationToken = default) =>
        [.. await Door.SocketsAsync(_namespace, _room, cancellationToken)];

    public Task JoinAsync(string[] rooms, CancellationToken cancellationToken = default) =>
        Door.JoinAsync(_namespace, _room, rooms).WaitAsync(cancellationToken);

    public Task LeaveAsync(string[] rooms, CancellationToken cancellationToken = default) =>
        Door.LeaveAsync(_namespace, _room, rooms).WaitAsync(cancellationToken);

    public Task DisconnectAsync(bool close = false, CancellationToken cancellationToken = default) =>
        Door.DisconnectAsync(_namespace, _room, close).WaitAsync(cancellationToken);
}
