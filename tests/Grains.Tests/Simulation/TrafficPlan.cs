namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>Draws what the application does: joins, leaves, connects, disconnects and publishes.</summary>
internal sealed class TrafficPlan(SimulatedCluster cluster, List<long> hot)
{
    private readonly Dice _dice = cluster.Dice;
    /// <summary>The second and third names look as if they might be ids of sockets.</summary>
    private readonly Room[] _rooms = [.. new[] { "r0", "a room of 20 letters", "AAAArooms_A-20-chars" }.Take(cluster.Settings.Rooms).Select(Room.Named)];

    /// <summary>One server publishes half of everything, so that its batches fill.</summary>
    private readonly int _favourite = cluster.Dice.Below(cluster.Servers.Length);

    public void Draw()
    {
        for (var slot = 0; slot < cluster.Servers.Length; slot++)
        {
            for (var i = 1 + _dice.Below(3); i > 0; i--)
            {
                As(slot, 60 + _dice.Below(60), WithSocket((server, socket) => server.Join(socket, AnyRoom())));
            }
        }
        for (var i = 2 + _dice.Below(9); i > 0; i--)
        {
            var joins = _dice.Chance(0.62);
            As(Slot(), When(), WithSocket((server, socket) => JoinOrLeave(server, socket, joins)));
        }
        for (var i = _dice.Below(4); i > 0; i--)
        {
            As(Slot(), When(), _dice.Chance(0.7) ? server => server.Connect(Plan.User(_dice)) : WithSocket((server, socket) => server.Disconnect(socket)));
        }
        for (var i = 3 + _dice.Below(12); i > 0; i--)
        {
            var time = When();
            for (var burst = _dice.Chance(0.3) ? 2 + _dice.Below(3) : 1; burst > 0; burst--)
            {
                As(_dice.Chance(0.5) ? _favourite : Slot(), time, Publish);
            }
        }
        for (var i = cluster.Settings.Recovers ? 2 + _dice.Below(8) + cluster.Settings.MoreBreaks : 0; i > 0; i--)
        {
            As(Slot(), When(), WithSocket((server, socket) => server.Break(socket)));
        }
        if (!cluster.Settings.Links.InOrder && _dice.Chance(0.3))
        {
            As(Slot(), When(), server => server.NoticeReconnect());
        }
    }

    /// <summary>Requests that clients repeat, at several servers. In every other seed, and drawn apart: the others stay as they were.</summary>
    public void DrawRepeats()
    {
        var dice = new Dice(_dice.Seed ^ 0x0ce);
        if (!cluster.Settings.Recovers || _dice.Seed % 2 != 0)
        {
            return;
        }
        for (var request = 0; request < 3; request++)
        {
            var id = new SecretHash(request, 1);
            for (var repeat = 1 + dice.Below(4); repeat > 0; repeat--)
            {
                var time = hot.Count > 0 && dice.Chance(0.7) ? dice.Any(hot) + dice.Below(200) - 100 : 120 + dice.Below((int)Settings.TrafficEnds - 120);
                As(dice.Below(cluster.Servers.Length), Math.Clamp(time, 120, Settings.TrafficEnds), server => server.Once(id));
            }
        }
    }

    private long When()
    {
        var time = hot.Count > 0 && _dice.Chance(0.7) ? _dice.Any(hot) + _dice.Below(80) - 50 : 120 + _dice.Below((int)Settings.TrafficEnds - 120);
        return Math.Clamp(time, 120, Settings.TrafficEnds);
    }

    private void As(int slot, long time, Action<SimulatedServer> act) =>
        cluster.Agenda.At(time, () =>
        {
            var server = cluster.Servers[slot];
            cluster.Whenever(server, () => act(server!));
        });

    private Action<SimulatedServer> WithSocket(Action<SimulatedServer, SimulatedSocket> act) => server =>
    {
        if (server.Sockets.Count > 0)
        {
            act(server, _dice.Any(server.Sockets));
        }
    };

    private void JoinOrLeave(SimulatedServer server, SimulatedSocket socket, bool joins)
    {
        if (joins)
        {
            server.Join(socket, AnyRoom());
        }
        else
        {
            server.Leave(socket, AnyRoom());
        }
    }

    private void Publish(SimulatedServer server)
    {
        var target = Target();
        switch (_dice.Below(100))
        {
            case < 11:
                var joined = SomeRooms();
                server.Publish(_ => Operation.SocketsJoin(target, joined));
                if (_dice.Chance(0.7))
                {
                    server.Publish(index => Simulation.Publish.Emit(new BroadcastTarget([_dice.Any(joined)], []), index));
                }
                break;
            case < 19:
                server.Publish(_ => Operation.SocketsLeave(target, SomeRooms()));
                break;
            case < 22:
                server.Publish(_ => Operation.DisconnectSockets(target, new byte[] { (byte)_dice.Below(2) }));
                break;
            case < 32:
                var asked = _dice.Chance(0.2) ? BroadcastTarget.Of(Room.OtherServers) : target;
                server.Publish(index => Simulation.Publish.Ask(asked, index));
                break;
            default:
                server.Publish(index => Simulation.Publish.Emit(target, index));
                break;
        }
    }

    private BroadcastTarget Target()
    {
        List<Room> rooms = [];
        List<SocketId> sockets = [];
        switch (_dice.Below(20))
        {
            case < 3:
                rooms.Add(Room.Everyone);
                break;
            case < 6:
                AddSocket(rooms, sockets);
                break;
            case < 8:
                rooms.Add(Room.OfUser($"u{_dice.Below(2)}"));
                break;
            case < 9:
                rooms.Add(AnyRoom());
                AddSocket(rooms, sockets);
                break;
            default:
                rooms.AddRange(SomeRooms());
                break;
        }
        List<Room> exceptRooms = [];
        List<SocketId> exceptSockets = [];
        if (_dice.Chance(0.2))
        {
            exceptRooms.Add(AnyRoom());
        }
        if (_dice.Chance(0.06))
        {
            AddSocket(exceptRooms, exceptSockets);
        }
        return new BroadcastTarget([.. rooms], [.. sockets], [.. exceptRooms], [.. exceptSockets]);
    }

    /// <summary>Any socket there ever was, by its id or by a room name that is its id.</summary>
    private void AddSocket(List<Room> rooms, List<SocketId> sockets)
    {
        if (cluster.Recording.Sockets.Count == 0)
        {
            return;
        }
        var id = _dice.Any(cluster.Recording.Sockets).Id;
        if (_dice.Chance(0.5))
        {
            sockets.Add(id);
        }
        else
        {
            rooms.Add(Room.Named(id.ToString()));
        }
    }

    private int Slot() => _dice.Below(cluster.Servers.Length);

    private Room AnyRoom() => _dice.Any(_rooms);

    private Room[] SomeRooms()
    {
        var (first, second) = (AnyRoom(), AnyRoom());
        return first == second ? [first] : [first, second];
    }
}
