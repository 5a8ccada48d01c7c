using System.Buffers.Binary;
using OrleansAdapter.Broadcasting;

namespace OrleansAdapter.Cluster;

/// <summary>All acknowledgements that this server's clients owe in one namespace. Owned by the turn.</summary>
internal sealed class AckGroups
{
    private readonly List<AckGroup> _groups = [];

    public int Count => _groups.Count;

    /// <summary>The body of the request: the milliseconds that clients have, then the packet.</summary>
    public static byte[] Body(TimeSpan timeout, ReadOnlySpan<byte> packet)
    {
        var body = GC.AllocateUninitializedArray<byte>(8 + packet.Length);
        BinaryPrimitives.WriteInt64LittleEndian(body, (long)timeout.TotalMilliseconds);
        packet.CopyTo(body.AsSpan(8));
        return body;
    }

    /// <summary>Hands the event to every socket of the request, and waits for what they answer.</summary>
    public void Handle(RequestContext request)
    {
        Packet packet;
        try
        {
            packet = request.Body.Length >= 8 ? PacketCodec.Decode(request.Body[8..], BroadcastFlags.None) : throw new InvalidDataException("The request ends before its packet begins.");
        }
        catch (InvalidDataException exception)
        {
            request.Fail(exception.Message);
            return;
        }
        var @namespace = request.Namespace;
        var group = new AckGroup(request, @namespace.Server.Now + BinaryPrimitives.ReadInt64LittleEndian(request.Body.Span));
        var acks = request.Sockets.Select(group.Add).ToArray();
        foreach (var ack in acks)
        {
            ack.Socket.DeliverWithAck(packet, ack);
            @namespace.Touch(ack.Socket);
        }
        @namespace.CountDeliveries(acks.Length);
        group.EndIfDone();
        if (!group.HasEnded)
        {
            _groups.Add(group);
        }
    }

    public void Tick(long now)
    {
        foreach (var group in _groups)
        {
            group.EndIfDue(now);
        }
        _groups.RemoveAll(group => group.HasEnded);
    }
}
