using OrleansAdapter.Broadcasting;
using OrleansAdapter.Cluster;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Bench.Requests;

/// <summary>A socket without a client, which acknowledges at once: what is measured is the cluster.</summary>
internal sealed class AnsweringSocket(SocketId id) : LocalSocket(id)
{
    private static readonly byte[] One = "[1]"u8.ToArray();

    protected internal override void Deliver(Packet packet)
    {
    }

    protected internal override void DeliverWithAck(Packet packet, ClientAck ack) => ack.Answer(One, []);

    protected internal override void EndTurn()
    {
    }

    protected internal override void Close(DisconnectReason reason)
    {
    }
}
