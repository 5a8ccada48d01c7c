namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Draws what happens at the server that dies in <see cref="FaultClass.ClaimerAndDirectoryKilled"/>.</summary>
internal sealed class ClaimerTraffic(SimulatedCluster cluster, int claimer)
{
    private readonly Dice _dice = cluster.Dice;
    private readonly Room[] _rooms = [.. new[] { "r0", "a room of 20 letters" }.Select(Room.Named)];

    /// <summary>Clients of others come to the server and join and leave rooms there, while it publishes: what nobody else hears of.</summary>
    public void Draw(long from, long to)
    {
        for (var i = 2 + _dice.Below(4); i > 0; i--)
        {
            cluster.Agenda.At(from + 1 + _dice.Below(20), Move);
        }
        for (var i = 4 + _dice.Below(8); i > 0; i--)
        {
            var (joins, room) = (_dice.Chance(0.6), _dice.Any(_rooms));
            At(from + 20 + _dice.Below((int)(to - from - 30)), server =>
            {
                // Those who came from elsewhere, as long as there are any.
                var sockets = server.Sockets.FindAll(socket => socket.Session is { Claim: > 0 }) is { Count: > 0 } moved ? moved : server.Sockets;
                if (sockets.Count > 0 && joins)
                {
                    server.Join(_dice.Any(sockets), room);
                }
                else if (sockets.Count > 0)
                {
                    server.Leave(_dice.Any(sockets), room);
                }
            });
        }
        for (var i = _dice.Chance(0.5) ? 0 : _dice.Below(40); i > 0; i--)
        {
            At(from + _dice.Below((int)(to - from)), Publish);
        }
    }

    private void Publish(SimulatedServer server)
    {
        var target = BroadcastTarget.Of(_dice.Chance(0.6) ? Room.Everyone : _dice.Any(_rooms));
        server.Publish(index => Simulation.Publish.Emit(target, index));
    }

    /// <summary>The connection of a client of another server breaks, which that one does not notice, and it asks the server that dies.</summary>
    private void Move()
    {
        var clients = cluster.Recording.Clients.FindAll(client => client.Socket is { } socket && socket.Server.Slot != claimer);
        if (clients.Count > 0 && cluster.Servers[claimer] is { IsUp: true } server)
        {
            SimulatedServer.Move(_dice.Any(clients), server);
        }
    }

    private void At(long time, Action<SimulatedServer> act) =>
        cluster.Agenda.At(time, () =>
        {
            var server = cluster.Servers[claimer];
            cluster.Whenever(server, () => act(server!));
        });
}
