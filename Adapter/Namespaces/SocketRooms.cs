using System.Text;
using System.Text.Json;

namespace OrleansAdapter.Namespaces;

/// <summary>The rooms that the matching sockets of one server are in, in pages: whoever asks says behind which name the next one begins.</summary>
internal static class SocketRooms
{
    /// <summary>Who asks takes pages; servers of version 0.1 sent nothing, and get all names at once.</summary>
    private const byte Pages = 1;

    /// <summary>How many memberships one turn looks at.</summary>
    private const int MembershipsPerTurn = 20_000;

    /// <param name="behind">The last name that is known; null for the first page.</param>
    public static byte[] Body(string? behind) => [Pages, .. Encoding.UTF8.GetBytes(behind ?? "")];

    public static void Handle(RequestContext request) => Look(request, new HashSet<string>(StringComparer.Ordinal), 0);

    /// <summary>Adds the rooms of some of the sockets: of as many as one turn may look at.</summary>
    /// <param name="rooms">Where they are gathered.</param>
    /// <param name="sockets">The sockets.</param>
    /// <param name="first">The index of the first to look at.</param>
    /// <param name="memberships">How many memberships may be looked at, beyond those of the last socket.</param>
    /// <returns>The index of the next to look at.</returns>
    public static int Gather(HashSet<string> rooms, IReadOnlyList<LocalSocket> sockets, int first, int memberships = MembershipsPerTurn)
    {
        for (; first < sockets.Count && memberships > 0; first++)
        {
            memberships -= Math.Max(1, sockets[first].Memberships.Count);
            rooms.UnionWith(Of(sockets[first]));
        }
        return first;
    }

    /// <summary>Looks at the sockets in as many turns as it takes; what came meanwhile is done between them. Who has left by then is in no room.</summary>
    internal static void Look(RequestContext request, HashSet<string> rooms, int first)
    {
        var next = Gather(rooms, request.Sockets, first);
        if (next < request.Sockets.Count)
        {
            // By way of the thread pool: what a turn itself adds to its queue is still done in that turn.
            var item = new LookAtRoomsItem(request, rooms, next);
            ThreadPool.UnsafeQueueUserWorkItem(static item => item.Request.Namespace.Enqueue(item), item, preferLocal: false);
            return;
        }
        request.AnswerLater(context => context.Body.IsEmpty ? JsonSerializer.SerializeToUtf8Bytes(rooms) : Page(context, rooms));
    }

    /// <summary>Reads a page.</summary>
    /// <returns>The names, and whether more follow.</returns>
    public static (string[] Names, bool HasMore) Decode(ReadOnlyMemory<byte> bytes) => bytes.Span is [Pages or 0, ..]
        ? (JsonSerializer.Deserialize<string[]>(bytes.Span[1..]) ?? [], bytes.Span[0] == Pages)
        : (JsonSerializer.Deserialize<string[]>(bytes.Span) ?? [], false);

    /// <summary>The names of a socket's rooms: not the whole namespace, and not its user.</summary>
    public static IEnumerable<string> Of(LocalSocket socket) =>
        socket.Memberships.All.Select(membership => membership.Room.Key)
            .Where(room => room.Kind == RoomKind.Room && room.Name.Length > 0)
            .Select(room => room.Name);

    private static ReadOnlyMemory<byte> Page(RequestContext request, HashSet<string> rooms)
    {
        var behind = Encoding.UTF8.GetString(request.Body.Span[1..]);
        var sorted = rooms.Where(name => string.CompareOrdinal(name, behind) > 0).Order(StringComparer.Ordinal).ToArray();
        var (count, bytes) = (0, 3L);
        for (; count < sorted.Length; count++)
        {
            // Escaped, a character takes six bytes at most.
            bytes += (6L * sorted[count].Length) + 3;
            if (count > 0 && bytes > request.Limit)
            {
                break;
            }
        }
        return (byte[])[count < sorted.Length ? Pages : (byte)0, .. JsonSerializer.SerializeToUtf8Bytes(sorted[..count])];
    }
}
