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
    }

    internal override void EndTurn() => _unsent = 0;

    internal override void Close(DisconnectReason reason)
    {
        if (Reason is not null)
        {
            throw new ViolationException($"P4: {this} was closed twice: {Reason}, {reason}");
        }
        Reason = reason;
    }
}
