using System.Buffers.Binary;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Namespaces;

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
            packet = request.Body.Length >= 8
                ? PacketCodec.Decode(request.Body[8..], request.Flags)
                : throw new InvalidDataException("The request ends before its packet begins.");
        }
        catch (InvalidDataException exception)
        {
            request.Fail(exception.Message);
            return;
        }
        request.Activity?.SetTag("orleansadapter.event", packet.Event);
        var @namespace = request.Namespace;
        var group = new AckGroup(request, @namespace.Server.Now + BinaryPrimitives.ReadInt64LittleEndian(request.Body.Span));
        var acks = request.Sockets.Select(group.Add).ToArray();
        _groups.Add(group);
        foreach (var ack in acks)
        {
            Deliver(@namespace, packet, ack);
        }
        @namespace.CountDeliveries(acks.Length);
        group.EndIfDone();
    }

    public void Tick(long now)
    {
        foreach (var group in _groups)
        {
            group.EndIfDue(now);
        }
        _groups.RemoveAll(group => group.HasEnded);
    }

    /// <summary>A front that throws, which it must not, fails its own client alone.</summary>
    private static void Deliver(Namespace @namespace, Packet packet, ClientAck ack)
    {
        try
        {
            ack.Socket.DeliverWithAck(packet, ack);
        }
#pragma warning disable CA1031 // Whatever it is, it is made known, and the asker is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            AdapterLog.SocketFailed(@namespace.Logger, @namespace.Name, ack.Socket.Id, exception);
            ack.Fail("The server could not deliver the event.");
        }
        @namespace.Touch(ack.Socket);
    }
}
