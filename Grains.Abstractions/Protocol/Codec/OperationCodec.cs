namespace OrleansAdapter.Protocol;

/// <summary>
/// Encodes an <see cref="Operation"/>: its kind; then, for the server's own join or leave, as-of and room; for all others the target (flags, rooms,
/// sockets, excepted rooms, excepted sockets), and the rooms to join or leave, or the body. A word about a session, or a claim, is as-of and the body.
/// </summary>
/// <remarks>
/// A decoded operation keeps the bytes it came from, and they are written as they are when it goes on: a home encodes no broadcast, however
/// many servers it is for. Its body is a slice of the same bytes.
/// </remarks>
internal static class OperationCodec
{
    /// <summary>The fewest bytes an operation takes: a kind, as-of, and an empty body.</summary>
    public const int MinimumBytes = 3;

    private const int MinimumRoomBytes = 2;

    public static void Write(ref WireWriter writer, Operation operation)
    {
        if (operation.EncodedVersion == writer.Version)
        {
            writer.Raw(operation.Encoded.Span);
            return;
        }
        writer.Byte((byte)operation.Kind);
        switch (operation.Kind)
        {
            case OperationKind.Join or OperationKind.Leave:
                writer.Long(operation.AsOf);
                writer.Room(operation.RoomArray[0]);
                break;
            case OperationKind.SocketsJoin or OperationKind.SocketsLeave:
                WriteTarget(ref writer, operation.Target!);
                WriteRooms(ref writer, operation.RoomArray);
                break;
            case OperationKind.Session or OperationKind.Claim:
                writer.Long(operation.AsOf);
                writer.Block(operation.Body.Span);
                break;
            default:
                WriteTarget(ref writer, operation.Target!);
                writer.Block(operation.Body.Span);
                break;
        }
    }

    public static Operation Read(ref WireReader reader)
    {
        var start = reader.Position;
        var kind = (OperationKind)reader.Byte();
        BroadcastTarget? target = null;
        Room[] rooms = [];
        long asOf = 0;
        ReadOnlyMemory<byte> body = default;
        switch (kind)
        {
            case OperationKind.Join or OperationKind.Leave:
                asOf = reader.Long();
                rooms = [reader.Room()];
                break;
            case OperationKind.SocketsJoin or OperationKind.SocketsLeave:
                target = ReadTarget(ref reader);
                rooms = ReadRooms(ref reader);
                break;
            case OperationKind.Session or OperationKind.Claim:
                asOf = reader.Long();
                body = reader.Block();
                break;
            case OperationKind.Moved or OperationKind.Acted:
            case OperationKind.Emit or OperationKind.Request or OperationKind.DisconnectSockets:
                target = ReadTarget(ref reader);
                body = reader.Block();
                break;
            default:
                ProtocolException.Throw($"The operation kind {(byte)kind} at byte {start} is not known to {ProtocolVersion.Ours}.");
                break;
        }
        return Operation.Decoded(kind, target, rooms, asOf, body, reader.Since(start), reader.Version, SessionCodec.Read(kind, body));
    }

    private static void WriteTarget(ref WireWriter writer, BroadcastTarget target)
    {
        writer.Count((int)target.Flags);
        WriteRooms(ref writer, target.RoomArray);
        WriteSockets(ref writer, target.SocketArray);
        WriteRooms(ref writer, target.ExceptRoomArray);
        WriteSockets(ref writer, target.ExceptSocketArray);
    }

    private static BroadcastTarget ReadTarget(ref WireReader reader)
    {
        var flags = (BroadcastFlags)reader.Int();
        var rooms = ReadRooms(ref reader);
        var sockets = ReadSockets(ref reader);
        var exceptRooms = ReadRooms(ref reader);
        var exceptSockets = ReadSockets(ref reader);
        return new BroadcastTarget(rooms, sockets, exceptRooms, exceptSockets, flags);
    }

    private static void WriteRooms(ref WireWriter writer, Room[] rooms)
    {
        writer.Count(rooms.Length);
        foreach (var room in rooms)
        {
            writer.Room(room);
        }
    }

    private static Room[] ReadRooms(ref WireReader reader) => reader.List(MinimumRoomBytes, static (ref WireReader r) => r.Room());

    private static void WriteSockets(ref WireWriter writer, SocketId[] sockets)
    {
        writer.Count(sockets.Length);
        foreach (var socket in sockets)
        {
            writer.Socket(socket);
        }
    }

    private static SocketId[] ReadSockets(ref WireReader reader) => reader.List(SocketId.ByteLength, static (ref WireReader r) => r.Socket());
}
