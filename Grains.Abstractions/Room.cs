using System.Text;

namespace OrleansAdapter;

/// <summary>What a <see cref="Room"/> key stands for. Different kinds never collide, whatever their names.</summary>
public enum RoomKind
{
    /// <summary>A room (SignalR: a group). The empty name is the whole namespace.</summary>
    Room = 0,

    /// <summary>All sockets of one authenticated user.</summary>
    User = 1,

    /// <summary>No sockets, but every other server of the namespace, whether it has sockets there or not. Only for requests.</summary>
    Servers = 2,
}

/// <summary>
/// The key of a named set of sockets in one namespace: a room, a user, or (the empty name) the whole namespace, which a server
/// is a member of while it has a socket there.
/// </summary>
/// <param name="Kind">What the name names.</param>
/// <param name="Name">The name; compared ordinally.</param>
public readonly record struct Room(RoomKind Kind, string Name)
{
    /// <summary>The longest room name, in bytes of UTF-8.</summary>
    public const int MaximumNameBytes = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Every socket of the namespace.</summary>
    public static Room Everyone { get; } = new(RoomKind.Room, "");

    /// <summary>Every server of the namespace but the one that publishes.</summary>
    public static Room OtherServers { get; } = new(RoomKind.Servers, "");

    /// <summary>A room by its name.</summary>
    /// <exception cref="ArgumentException">The name is empty, over 1,024 bytes of UTF-8, or not valid Unicode.</exception>
    public static Room Named(string name) => new(RoomKind.Room, Checked(name, "room"));

    /// <summary>The sockets of a user.</summary>
    /// <exception cref="ArgumentException">The id is empty, over 1,024 bytes of UTF-8, or not valid Unicode.</exception>
    public static Room OfUser(string userId) => new(RoomKind.User, Checked(userId, "user"));

    private static string Checked(string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            throw new ArgumentException($"A {what} name may not be empty.", nameof(name));
        }
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(name);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The {what} name is not valid Unicode: it has a lone surrogate.", nameof(name), e);
        }
        return bytes <= MaximumNameBytes
            ? name
            : throw new ArgumentException($"The {what} name has {bytes} bytes of UTF-8; at most {MaximumNameBytes} are allowed.", nameof(name));
    }

    /// <summary>For logs.</summary>
    public override string ToString() => Kind == RoomKind.User ? $"user:{Name}" : Name;
}
