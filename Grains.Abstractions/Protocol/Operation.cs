namespace OrleansAdapter.Protocol;

/// <summary>What an <see cref="Operation"/> does. Values are on the wire and never change their meaning.</summary>
internal enum OperationKind : byte
{
    /// <summary>A packet for the clients that match.</summary>
    Emit = 1,

    /// <summary>Makes the sockets that match join rooms.</summary>
    SocketsJoin = 2,

    /// <summary>Makes the sockets that match leave rooms.</summary>
    SocketsLeave = 3,

    /// <summary>Disconnects the sockets that match.</summary>
    DisconnectSockets = 4,

    /// <summary>Asks every server with sockets that match; each answers, straight to the asker.</summary>
    Request = 5,

    /// <summary>The publishing server itself now has members in a room.</summary>
    Join = 6,

    /// <summary>The publishing server itself has no members in a room any more.</summary>
    Leave = 7,

    /// <summary>A word of the publishing server about the session of one of its sockets (<see cref="SessionWord"/>).</summary>
    Session = 8,

    /// <summary>A client of the publishing server asks for its session (<see cref="SessionClaim"/>).</summary>
    Claim = 9,

    /// <summary>What a home makes of a claim that it grants (<see cref="SessionMoved"/>), for the old holder and the claimer.</summary>
    Moved = 10,

    /// <summary>What a home makes of a claim by which a server is to act on a request: all other servers remember it (<see cref="SessionOnce"/>).</summary>
    Acted = 11,
}

/// <summary>
/// One thing that a server does in a namespace's order (PROTOCOL.md: op): a broadcast, a remote join, leave or disconnect, a request, or a change of the
/// server's own membership. The home passes on <see cref="Body"/> as it is. Immutable.
/// </summary>
internal sealed class Operation
{
    private const int FixedSize = 96;

    private Operation(OperationKind kind, BroadcastTarget? target, Room[] rooms, long asOf, ReadOnlyMemory<byte> body)
    {
        Kind = kind;
        Target = target;
        RoomArray = rooms;
        AsOf = asOf;
        Body = body;
        Size = FixedSize + body.Length + SizeOf(rooms) + (target is null ? 0 : SizeOf(target));
    }

    /// <summary>What it does.</summary>
    public OperationKind Kind { get; }

    /// <summary>Whom it is for; null for the server's own <see cref="OperationKind.Join"/> and <see cref="OperationKind.Leave"/>.</summary>
    public BroadcastTarget? Target { get; }

    /// <summary>The rooms to join or leave.</summary>
    public ReadOnlySpan<Room> Rooms => RoomArray;

    /// <summary>Own join or leave: the number that the server had handled when it issued it (PROTOCOL.md, H7: h).</summary>
    public long AsOf { get; }

    /// <summary>What the receiving servers read; opaque to the home.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>How many bytes it counts for in a bounded queue.</summary>
    public int Size { get; }

    /// <summary>True for the server's own <see cref="OperationKind.Join"/> and <see cref="OperationKind.Leave"/>, which no mailbox carries.</summary>
    public bool IsOwnMembership => Kind is OperationKind.Join or OperationKind.Leave;

    /// <summary>True for what reaches clients, and whose publisher is told when it does so whatever happens.</summary>
    public bool IsBroadcast =>
        Kind is OperationKind.Emit or OperationKind.SocketsJoin or OperationKind.SocketsLeave or OperationKind.DisconnectSockets;

    /// <summary>True for what only the home is to know, so that it is done when the home has it: own membership, and words about sessions.</summary>
    public bool IsForHome => Kind is OperationKind.Join or OperationKind.Leave or OperationKind.Session;

    /// <summary>
    /// What the body of an operation about sessions says: a <see cref="SessionWord"/>, <see cref="SessionClaim"/> or <see cref="SessionMoved"/>; else null.
    /// </summary>
    public object? Word { get; private init; }

    internal Room[] RoomArray { get; }

    /// <summary>The bytes it was decoded from, to be passed on as they are; empty where it was made in this process.</summary>
    internal ReadOnlyMemory<byte> Encoded { get; private init; }

    /// <summary>The protocol version of <see cref="Encoded"/>; 0 where there is none.</summary>
    internal byte EncodedVersion { get; private init; }

    /// <summary>The W3C trace parent of whoever published it, where it says so itself; a broadcast's is in its packet. Else empty.</summary>
    public string Trace => Target?.Trace ?? "";

    /// <summary>The same as part of a trace; itself where it is part of one already, and what is for no sockets.</summary>
    /// <param name="trace">The W3C trace parent; empty where there is none.</param>
    public Operation WithTrace(string trace) => Kind switch
    {
        _ when trace.Length == 0 || Trace.Length > 0 => this,
        OperationKind.Emit => PacketTrace.With(Body, trace) is var packet && packet.Equals(Body) ? this : Emit(Target!, packet),
        OperationKind.Request or OperationKind.SocketsJoin or OperationKind.SocketsLeave or OperationKind.DisconnectSockets =>
            new Operation(Kind, Target!.WithTrace(trace), RoomArray, AsOf, Body),
        _ => this,
    };

    /// <summary>A packet for clients.</summary>
    public static Operation Emit(BroadcastTarget target, ReadOnlyMemory<byte> packet) => new(OperationKind.Emit, target, [], 0, packet);

    /// <summary>A request, answered by every server it reaches.</summary>
    public static Operation Request(BroadcastTarget target, ReadOnlyMemory<byte> request) => new(OperationKind.Request, target, [], 0, request);

    /// <summary>Makes matching sockets join rooms.</summary>
    public static Operation SocketsJoin(BroadcastTarget target, Room[] rooms) => new(OperationKind.SocketsJoin, target, rooms, 0, default);

    /// <summary>Makes matching sockets leave rooms.</summary>
    public static Operation SocketsLeave(BroadcastTarget target, Room[] rooms) => new(OperationKind.SocketsLeave, target, rooms, 0, default);

    /// <summary>Disconnects matching sockets. The body tells the front how.</summary>
    public static Operation DisconnectSockets(BroadcastTarget target, ReadOnlyMemory<byte> body) => new(OperationKind.DisconnectSockets, target, [], 0, body);

    /// <summary>Says that the server itself has, or has no more, members in a room.</summary>
    public static Operation Own(Room room, bool member, long asOf) => new(member ? OperationKind.Join : OperationKind.Leave, null, [room], asOf, default);

    /// <summary>A word about the session of one of the server's sockets, as of the number that it had handled.</summary>
    public static Operation Session(SessionWord word, long asOf) => new(OperationKind.Session, null, [], asOf, SessionCodec.Write(word)) { Word = word };

    /// <summary>A client's claim to its session.</summary>
    public static Operation Claim(SessionClaim claim) => new(OperationKind.Claim, null, [], 0, SessionCodec.Write(claim)) { Word = claim };

    /// <summary>A session has moved. It is for the lives that the target's sockets name.</summary>
    public static Operation Moved(BroadcastTarget lives, SessionMoved moved) =>
        new(OperationKind.Moved, lives, [], 0, SessionCodec.Write(moved)) { Word = moved };

    /// <summary>A server is to act on a request, and no other one is.</summary>
    public static Operation Acted(SecretHash id)
    {
        var known = new SessionOnce([new OnceId(id, 0)]);
        return new Operation(OperationKind.Acted, BroadcastTarget.Of(Room.OtherServers), [], 0, SessionCodec.Write(known)) { Word = known };
    }

    internal static Operation Decoded(
        OperationKind kind,
        BroadcastTarget? target,
        Room[] rooms,
        long asOf,
        ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> encoded,
        byte version,
        object? word = null) => new(kind, target, rooms, asOf, body) { Encoded = encoded, EncodedVersion = version, Word = word };

    private static int SizeOf(BroadcastTarget target) =>
        SizeOf(target.RoomArray) + SizeOf(target.ExceptRoomArray) + ((target.SocketArray.Length + target.ExceptSocketArray.Length) * 24);

    private static int SizeOf(Room[] rooms)
    {
        var size = 0;
        foreach (var room in rooms)
        {
            size += 16 + (2 * room.Name.Length);
        }
        return size;
    }
}

/// <summary>An operation with the number that the home has given it in the namespace's order (PROTOCOL.md: entry).</summary>
/// <param name="Number">The place in the sequence: n.</param>
/// <param name="Publisher">The life that published it.</param>
/// <param name="Position">Its place among the publisher's operations: p.</param>
/// <param name="Run">The first position of the batch it was accepted in: n − p is the same for the whole batch.</param>
/// <param name="Operation">What it does.</param>
internal sealed record Entry(long Number, ServerId Publisher, long Position, long Run, Operation Operation);
