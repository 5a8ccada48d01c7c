using System.Buffers;
using System.Text.Json;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>The matching sockets of one server, as another one sees them.</summary>
internal static class FetchSockets
{
    private const byte WithSecrets = 1;

    public static ReadOnlyMemory<byte> Body(bool secrets) => secrets ? new byte[] { WithSecrets } : default;

    /// <summary>Takes note in the turn of who is in which room; the rest, which may run the application's code, comes later.</summary>
    public static void Handle(RequestContext request)
    {
        var sockets = request.Sockets.Select(socket => (Socket: socket, Rooms: SocketRooms.Of(socket).ToArray())).ToArray();
        request.AnswerLater(context => Encode(context, sockets));
    }

    public static IEnumerable<RemoteSocket> Decode(Namespace @namespace, ServerAnswer answer)
    {
        using var document = JsonDocument.Parse(answer.Body);
        foreach (var item in document.RootElement.EnumerateArray())
        {
            if (!SocketId.TryParse(item.GetProperty("id").GetString(), out var id))
            {
                throw new InvalidDataException($"Server {answer.Server} answered with a socket that has no id.");
            }
            var rooms = item.GetProperty("rooms").EnumerateArray().Select(room => room.GetString()!).ToHashSet(StringComparer.Ordinal);
            yield return new RemoteSocket(@namespace, id, answer.Server, item.GetProperty("user").GetString(), rooms, item.GetProperty("data").Clone(), item.GetProperty("handshake").Clone());
        }
    }

    private static ReadOnlyMemory<byte> Encode(RequestContext request, (LocalSocket Socket, string[] Rooms)[] sockets)
    {
        var secrets = request.Body.Length > 0 && request.Body.Span[0] == WithSecrets;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        foreach (var (socket, rooms) in sockets)
        {
            writer.WriteStartObject();
            writer.WriteString("id", socket.Id.ToString());
            writer.WriteString("user", socket.UserId);
            writer.WriteStartArray("rooms");
            foreach (var room in rooms)
            {
                writer.WriteStringValue(room);
            }
            writer.WriteEndArray();
            writer.WritePropertyName("data");
            socket.WriteData(writer, request.Namespace.Server.Options.JsonSerializerOptions);
            writer.WritePropertyName("handshake");
            socket.WriteHandshake(writer, secrets);
            writer.WriteEndObject();
            if (writer.BytesCommitted + writer.BytesPending > request.Limit)
            {
                break; // what is there already is too large
            }
        }
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
