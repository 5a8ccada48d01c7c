using OrleansAdapter.Namespaces;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Bench.Requests;

/// <summary>A socket without a client, which acknowledges at once: what is measured is the cluster.</summary>
internal sealed class AnsweringSocket(SocketId id) : LocalSocket(id)
{
    private static readonly byte[] One = "[1]"u8.ToArray();

    internal override void Deliver(Packet packet)
    {
    }

    internal override void DeliverWithAck(Packet packet, ClientAck ack) => ack.Answer(One, []);

    internal override void EndTurn()
    {
    }

    internal override void Close(DisconnectReason reason)
    {
    }
}
