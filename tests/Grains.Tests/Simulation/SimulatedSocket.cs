using System.Buffers.Text;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>A client: records what it is handed, and the rooms that it was in.</summary>
internal sealed class SimulatedSocket(SimulatedServer server, int index, SocketId id) : LocalSocket(id)
{
    private int _unsent;

    public SimulatedServer Server { get; } = server;

    /// <summary>Its place among all sockets of the run, for messages.</summary>
    public int Index { get; } = index;

    /// <summary>When it was closed; null while it is open.</summary>
    public long? Closed { get; set; }

    /// <summary>Why the server closed it; null where it did not.</summary>
    public DisconnectReason? Reason { get; private set; }

    /// <summary>The rooms it is in, as far as the simulation knows.</summary>
    public HashSet<Room> Rooms { get; } = [];

    /// <summary>All its stays, by room.</summary>
    public Dictionary<Room, List<Stay>> Stays { get; } = [];

    /// <summary>What it was handed, in order.</summary>
    public List<Publish> Received { get; } = [];

    /// <summary>The client whose connection it is; null where it may not come back.</summary>
    public SimulatedClient? Client { get; set; }

    /// <summary>What was handed to it for a client that may come back, and what the client has read of it.</summary>
    public List<Received> Pipe { get; } = [];

    /// <summary>What was handed to it and not sent at the end of the turn.</summary>
    public int Unsent => _unsent;

    public Stay Join(Room room, long moment)
    {
        if (!Stays.TryGetValue(room, out var stays))
        {
            Stays[room] = stays = [];
        }
        if (Rooms.Add(room))
        {
            stays.Add(new Stay(moment));
        }
        return stays[^1];
    }

    public void Leave(Room room, long moment)
    {
        if (Rooms.Remove(room))
        {
            Stays[room][^1].To = moment;
        }
    }

    public Stay? LastStay(Room room) => Stays.TryGetValue(room, out var stays) ? stays[^1] : null;

    public bool HasStayOutlasting(Room room, long moment) => Stays.TryGetValue(room, out var stays) && stays.Exists(stay => stay.Outlasts(moment));

    public override string ToString() => $"socket {Index} of {Id.Server}";

    internal override void Deliver(Packet packet)
    {
        _unsent++;
        if (!Utf8Parser.TryParse(packet.Arguments.Span[1..], out int publish, out _))
        {
            throw new ViolationException($"P2: {this} got a packet that nobody sent");
        }
        Server.Delivered(this, publish);
        if (Client is not null)
        {
            if (!OffsetText.TryRead(packet.Offset, out var offset))
            {
                throw new ViolationException($"R3: {this} got a packet without an offset");
            }
            Pipe.Add(new Received(Server.Publish(publish), offset, Server.Life));
        }
    }

    /// <summary>The client reads so many of what is in the pipe; the rest is lost with the connection.</summary>
    public void Read(int count)
    {
        foreach (var received in Pipe.Take(count))
        {
            Client!.Receive(received, Server.Recording);
        }
        Pipe.Clear();
    }

    internal override void Joined(Room room)
    {
        if (Session is { Claim: > 0 } && !Rooms.Contains(room))
        {
            Server.RestoredIn(this, room);
        }
    }

    /// <summary>Its client's claim came to nothing. What comes later in the same turn is not for it any more.</summary>
    internal override void GivenUp() => Server.Gone(this);

    internal override void EndTurn() => _unsent = 0;

    internal override void Close(DisconnectReason reason)
    {
        if (Reason is not null)
        {
            throw new ViolationException($"P4: {this} was closed twice: {Reason}, {reason}");
        }
        Reason = reason;
        switch (reason)
        {
            case DisconnectReason.SessionMoved:
                Server.Gone(this);
                Server.Lost(this);
                break;
            case DisconnectReason.ServerNamespaceDisconnect or DisconnectReason.ForcedServerClose:
                SimulatedServer.Left(this);
                break;
            default:
                break;
        }
    }
}
