using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrleansAdapter.Protocol;

/// <summary>How long a home keeps what clients may come back to, and how much of it.</summary>
/// <param name="KeepSessions">How long a session is kept after its connection broke, in milliseconds.</param>
/// <param name="KeepEntries">How long entries are kept, in milliseconds: longer than sessions, as a break is noticed late.</param>
/// <param name="WindowBytes">The most bytes of entries that are kept.</param>
/// <param name="MaximumMissed">The most entries that one client may have missed and still come back to its session.</param>
/// <param name="KeepsPackets">Whether packets are kept; else only what makes sockets join, leave or go, which is enough where nobody asks for packets.</param>
internal sealed record RecoverySettings(long KeepSessions, long KeepEntries, long WindowBytes, int MaximumMissed, bool KeepsPackets = true)
{
    /// <summary>What satisfies both.</summary>
    public RecoverySettings And(RecoverySettings other) => new(
        Math.Max(KeepSessions, other.KeepSessions),
        Math.Max(KeepEntries, other.KeepEntries),
        Math.Max(WindowBytes, other.WindowBytes),
        Math.Max(MaximumMissed, other.MaximumMissed),
        KeepsPackets || other.KeepsPackets);
}

/// <summary>A place in a namespace's order, in all its epochs. What a client calls its offset. None where it has received nothing yet.</summary>
/// <param name="Epoch">The home's epoch; 0 for none.</param>
/// <param name="Number">The number in it.</param>
internal readonly record struct OrderOffset(long Epoch, long Number)
{
    /// <summary>What is said where nobody can tell the place. Not the same as none, and no client can name it.</summary>
    public static OrderOffset Unknown { get; } = new(-1, 0);

    /// <summary>Whether nobody can tell the place.</summary>
    public bool IsUnknown => Epoch < 0;

    /// <summary>Whether it names no place.</summary>
    public bool IsNone => Epoch == 0;
}

/// <summary>An epoch that is over: its numbers up to the last one that the next home knew of are that home's as well; those behind it are not.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Last">The last of these numbers.</param>
internal readonly record struct PastEpoch(long Epoch, long Last);

/// <summary>The hash of the secret that a client proves its session with. The secret itself never leaves the worker that drew it.</summary>
/// <param name="High">The first 8 bytes of the hash.</param>
/// <param name="Low">The next 8 bytes.</param>
internal readonly record struct SecretHash(long High, long Low)
{
    /// <summary>The hash of a text.</summary>
    public static SecretHash Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new SecretHash(BinaryPrimitives.ReadInt64BigEndian(hash), BinaryPrimitives.ReadInt64BigEndian(hash[8..]));
    }
}

/// <summary>
/// What a worker says of the session of one of its sockets: the body of an operation of kind <see cref="OperationKind.Session"/>. A word that names another
/// <see cref="Claim"/> than the session's last one is void: its socket has moved.
/// </summary>
/// <param name="Socket">The socket whose session it is; its id outlives its connection.</param>
/// <param name="Claim">The number of the claim by which the worker holds it; 0 where the client never came back.</param>
internal abstract record SessionWord(SocketId Socket, long Claim);

/// <summary>The socket has a session from now on; or, with a new home, it still has one.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Claim">The last claim.</param>
/// <param name="Secret">What the client has to prove.</param>
/// <param name="User">Whose it is; empty where nobody is known.</param>
/// <param name="LastSent">The place of the last thing that was sent to the client; none where nothing ever was.</param>
/// <param name="Rooms">The rooms it is in.</param>
/// <param name="Data">What the application keeps with it.</param>
/// <param name="IsAgain">Whether it had one with the home before.</param>
internal sealed record SessionOpened(
    SocketId Socket, long Claim, SecretHash Secret, string User, OrderOffset LastSent, IReadOnlyList<Room> Rooms, ReadOnlyMemory<byte> Data, bool IsAgain)
        : SessionWord(Socket, Claim)
{
    /// <summary>Since when the client is away; null where it is connected.</summary>
    public SessionAbsence? Absence { get; init; }

    /// <summary>Whether nobody can tell that the worker is the last that held it (<see cref="Registered.UnprovedUpTo"/>).</summary>
    public bool IsUnproved { get; init; }
}

/// <summary>A client is away, and its server keeps what is for it (PROTOCOL.md, S10).</summary>
/// <param name="Age">For how many milliseconds.</param>
/// <param name="KnownAt">Up to this number nothing was for it since the last thing that was sent to it.</param>
internal readonly record struct SessionAbsence(long Age, long KnownAt);

/// <summary>The socket is in a room now.</summary>
internal sealed record SessionJoined(SocketId Socket, long Claim, Room Room) : SessionWord(Socket, Claim);

/// <summary>The socket is not in a room any more.</summary>
internal sealed record SessionLeft(SocketId Socket, long Claim, Room Room) : SessionWord(Socket, Claim);

/// <summary>What the application keeps with the socket has changed.</summary>
internal sealed record SessionData(SocketId Socket, long Claim, ReadOnlyMemory<byte> Data) : SessionWord(Socket, Claim);

/// <summary>The connection broke: the client may come back.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Claim">The last claim.</param>
/// <param name="LastSent">The place of the last thing that was sent to the client; none where nothing ever was.</param>
internal sealed record SessionAway(SocketId Socket, long Claim, OrderOffset LastSent) : SessionWord(Socket, Claim)
{
    /// <summary>Whether the worker holds the session on, gets what is for the socket, and decides what others do to it; else the home does.</summary>
    public bool IsKept { get; init; }
}

/// <summary>What was for a socket before this home began, as its holder has kept it: the answer to <see cref="Recall"/>.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Claim">The last claim.</param>
/// <param name="After">Behind which number.</param>
/// <param name="Refusal">Why its holder cannot tell; <see cref="ClaimRefusal.None"/> where it can.</param>
/// <param name="Entries">All packets that were for it after that number, up to the one that was asked for, in order.</param>
internal sealed record SessionEarlier(SocketId Socket, long Claim, long After, ClaimRefusal Refusal, IReadOnlyList<Entry> Entries)
    : SessionWord(Socket, Claim);

/// <summary>What a server was granted to act on, for a home that is new.</summary>
/// <param name="Ids">The hashes of the requests' ids, and how many milliseconds ago each was granted.</param>
internal sealed record SessionOnce(IReadOnlyList<OnceId> Ids) : SessionWord(default, 0);

/// <summary>A request that a server was granted to act on.</summary>
/// <param name="Id">The hash of its id.</param>
/// <param name="Age">How many milliseconds ago that was.</param>
internal readonly record struct OnceId(SecretHash Id, long Age);

/// <summary>The client has left for good, or was made to.</summary>
internal sealed record SessionEnded(SocketId Socket, long Claim) : SessionWord(Socket, Claim);

/// <summary>A client asks for its session: the body of an operation of kind <see cref="OperationKind.Claim"/>.</summary>
/// <param name="Secret">The hash of what it proves it with.</param>
/// <param name="User">Who it is now.</param>
/// <param name="Offset">Up to where it has received everything.</param>
/// <param name="LooksOnly">Whether it only asks what the session is, and whether it could have it.</param>
internal sealed record SessionClaim(SecretHash Secret, string User, OrderOffset Offset, bool LooksOnly)
{
    /// <summary>
    /// Whether no session is asked for, but whether this server may act on a request whose id has this hash: granted to the first that asks within the
    /// window, and then nobody else.
    /// </summary>
    public bool IsOnce { get; init; }

    /// <summary>Whether the client comes back without what it missed: its offset says nothing then.</summary>
    public bool WithoutMissed { get; init; }

    /// <summary>The hash of the secret that takes this one's place where the claim is granted, so that this one is used up; null where it stays.</summary>
    public SecretHash? Next { get; init; }

    /// <summary>Asks whether this server is the first to act on a request.</summary>
    public static SessionClaim Once(SecretHash id) => new(id, "", default, LooksOnly: true) { IsOnce = true };
}

/// <summary>
/// A session has moved: the body of the entry that a home makes of a claim. Its number is the claim's from here on. Or it has ended by a claim that was
/// refused.
/// </summary>
/// <param name="Socket">The socket.</param>
/// <param name="Rooms">The rooms it is in from this number on.</param>
/// <param name="Data">What the application keeps with it.</param>
/// <param name="IsOver">Whether it has ended, so that its holder lets it go and nobody else has it.</param>
internal sealed record SessionMoved(SocketId Socket, IReadOnlyList<Room> Rooms, ReadOnlyMemory<byte> Data, bool IsOver = false);

/// <summary>A socket that a server holds, though its id names another one.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Claim">The number of the claim by which it is held.</param>
internal readonly record struct MovedSocket(SocketId Socket, long Claim);

/// <summary>What a home says to a claim, beside the entry.</summary>
/// <param name="Position">The position of the claim.</param>
/// <param name="Refusal">Why the client does not get its session; <see cref="ClaimRefusal.None"/> where it does.</param>
/// <param name="Session">The session; null where it is refused.</param>
/// <param name="Missed">What the client missed, up to the claim.</param>
internal sealed record ClaimAnswer(long Position, ClaimRefusal Refusal, SessionMoved? Session, IReadOnlyList<Entry> Missed);

/// <summary>Why a client does not get its session back. Values are on the wire and never change their meaning.</summary>
internal enum ClaimRefusal : byte
{
    /// <summary>It gets it.</summary>
    None = 0,

    /// <summary>There is no such session: it has expired, has ended, or was lost together with the home, or the secret is wrong.</summary>
    Unknown = 1,

    /// <summary>The session is another user's.</summary>
    OtherUser = 2,

    /// <summary>The offset names a place that there is not, or not in an epoch of which anything is known.</summary>
    BadOffset = 3,

    /// <summary>What is kept does not reach back to the offset.</summary>
    WindowPassed = 4,

    /// <summary>The client missed more than one client is given.</summary>
    TooMuchMissed = 5,

    /// <summary>It was claimed too often within a minute, and has been ended.</summary>
    TooManyClaims = 6,

    /// <summary>A server that may have held the session last died together with the home.</summary>
    HolderUnproved = 7,

    /// <summary>The home is new, and not all servers have told yet which sessions they hold: ask again.</summary>
    NotYet = 8,

    /// <summary>Of a request: it was granted to somebody before.</summary>
    Repeated = 9,

    /// <summary>Of a request: so many were granted within the window that no more can be remembered.</summary>
    TooManyRequests = 10,
}

/// <summary>A session that has ended while its client was away.</summary>
/// <param name="Socket">Its socket.</param>
/// <param name="User">Whose it was; empty where nobody is known.</param>
/// <param name="Data">What the application kept with it.</param>
/// <param name="Reason">Why it ended.</param>
internal sealed record EndedSession(SocketId Socket, string User, ReadOnlyMemory<byte> Data, SessionEnd Reason);

/// <summary>Why a session ended. Values are on the wire and never change their meaning.</summary>
internal enum SessionEnd : byte
{
    /// <summary>The client left, or was made to while it was there.</summary>
    Left = 0,

    /// <summary>It was made to leave while it was away.</summary>
    Disconnected = 1,

    /// <summary>The client did not come back in time.</summary>
    Expired = 2,

    /// <summary>What it may have missed is not known any more.</summary>
    WindowPassed = 3,

    /// <summary>It missed too much.</summary>
    TooMuchMissed = 4,

    /// <summary>It was claimed too often.</summary>
    TooManyClaims = 5,

    /// <summary>Too many clients were away.</summary>
    TooMany = 6,
}
