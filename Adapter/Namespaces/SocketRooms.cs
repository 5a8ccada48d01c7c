using System.Text.Json;

namespace OrleansAdapter.Namespaces;

/// <summary>The rooms that the matching sockets of one server are in.</summary>
internal static class SocketRooms
{
    public static void Handle(RequestContext request)
    {
        HashSet<string> rooms = [];
        foreach (var socket in request.Sockets)
        {
            rooms.UnionWith(Of(socket));
        }
        request.AnswerLater(_ => JsonSerializer.SerializeToUtf8Bytes(rooms));
    }

    public static string[] Decode(ReadOnlyMemory<byte> bytes) => JsonSerializer.Deserialize<string[]>(bytes.Span) ?? [];

    /// <summary>The names of a socket's rooms: not the whole namespace, and not its user.</summary>
    public static IEnumerable<string> Of(LocalSocket socket) =>
        socket.Memberships.All.Select(membership => membership.Room.Key).Where(room => room.Kind == RoomKind.Room && room.Name.Length > 0).Select(room => room.Name);
}
