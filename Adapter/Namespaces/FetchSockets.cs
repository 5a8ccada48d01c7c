using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The matching sockets of one server, as another one sees them. Each is written for itself: what cannot be shown of one is left out there, with the
/// reason, and is nothing to the others. An answer is one page; it ends with the ids of the sockets that did not fit, which are asked for next.
/// </summary>
internal static class FetchSockets
{
    private const byte WithSecrets = 1;

    /// <summary>Who asks takes pages; servers of version 0.1 sent no such byte, and get what they know.</summary>
    private const byte Pages = 2;

    /// <summary>How many memberships the turn looks at for one page, beyond those of its first socket.</summary>
    private const int MembershipsPerPage = 20_000;

    public static ReadOnlyMemory<byte> Body(bool secrets) => new[] { secrets ? WithSecrets : (byte)0, Pages };

    /// <summary>Takes note in the turn of who is in which room; the rest, which may run the application's code, comes later.</summary>
    public static void Handle(RequestContext request)
    {
        var takesPages = request.Body.Length > 1 && request.Body.Span[1] == Pages;
        var noted = Note(request.Sockets, takesPages ? MembershipsPerPage : int.MaxValue, request.Limit);
        request.AnswerLater(context => takesPages ? WritePage(context, noted) : WriteArray(context, noted));
    }

    /// <summary>
    /// Notes the rooms of as many sockets as can be in one page, and not those of the others: their page comes later, and so does what they cost.
    /// </summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="memberships">How many memberships may be looked at, beyond those of the first socket.</param>
    /// <param name="bytes">How large a page may be.</param>
    /// <returns>The rooms of the first sockets, in their order.</returns>
    public static List<string[]> Note(IReadOnlyList<LocalSocket> sockets, int memberships, int bytes)
    {
        List<string[]> noted = [];
        long size = 0;
        foreach (var socket in sockets)
        {
            memberships -= noted.Count == 0 ? 0 : socket.Memberships.Count;
            if (memberships < 0 || size > bytes)
            {
                break;
            }
            string[] rooms = [.. SocketRooms.Of(socket)];
            size += SocketId.ByteLength;
            foreach (var room in rooms)
            {
                size += room.Length; // at least
            }
            noted.Add(rooms);
        }
        return noted;
    }

    /// <summary>Reads a page.</summary>
    /// <returns>The sockets in it, and the ids of those to ask for next.</returns>
    public static (List<RemoteSocket> Sockets, List<SocketId> More) Decode(Namespace @namespace, ServerAnswer answer)
    {
        if (answer.Body.Span is [(byte)'[', ..])
        {
            return (ReadArray(@namespace, answer), []);
        }
        using var reader = new BinaryReader(new MemoryStream(answer.Body.ToArray()), Encoding.UTF8);
        if (reader.ReadByte() != Pages)
        {
            throw new InvalidDataException($"Server {answer.Server} answered with sockets in a form that this server does not know: it runs a newer version.");
        }
        List<RemoteSocket> sockets = [];
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var id = SocketId.Read(reader.ReadBytes(SocketId.ByteLength));
            var user = reader.ReadBoolean() ? reader.ReadString() : null;
            var omitted = reader.ReadString();
            HashSet<string> rooms = new(StringComparer.Ordinal);
            for (var count = reader.ReadInt32(); count > 0; count--)
            {
                rooms.Add(reader.ReadString());
            }
            var (data, handshake) = (ReadJson(reader), ReadJson(reader));
            sockets.Add(new RemoteSocket(@namespace, id, answer.Server, user, rooms, data, handshake) { Omitted = omitted.Length == 0 ? null : omitted });
        }
        List<SocketId> rest = [];
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            rest.Add(SocketId.Read(reader.ReadBytes(SocketId.ByteLength)));
        }
        return (sockets, rest);
    }

    private static ReadOnlyMemory<byte> WritePage(RequestContext request, List<string[]> rooms)
    {
        var sockets = request.Sockets;
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Pages);
        writer.Write(0);
        var shown = 0;
        while (shown < rooms.Count)
        {
            var before = stream.Length;
            var rest = (sockets.Count - shown) * SocketId.ByteLength;
            Write(writer, request, sockets[shown], rooms[shown], request.Limit - rest - sizeof(int));
            if (shown > 0 && stream.Length + rest > request.Limit)
            {
                stream.SetLength(before);
                break;
            }
            shown++;
        }
        writer.Write(sockets.Count - shown);
        for (var i = shown; i < sockets.Count; i++)
        {
            Write(writer, sockets[i].Id);
        }
        stream.Position = 1;
        writer.Write(shown);
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    private static void Write(BinaryWriter writer, RequestContext request, LocalSocket socket, string[] rooms, int limit)
    {
        List<string> omitted = [];
        var options = request.Namespace.Server.Options;
        var data = Show("data", json => socket.WriteData(json, options.JsonSerializerOptions), options.MaxDataBytes, omitted);
        var handshake = Show("handshake", json => socket.WriteHandshake(json, Secrets(request)), options.MaxDataBytes, omitted);
        var names = rooms.Sum(room => 2L + Encoding.UTF8.GetByteCount(room));
        if (names + data.Length + handshake.Length > limit)
        {
            omitted.Add("rooms: larger than an answer may be (MaximumAnswerSize)");
            rooms = [];
        }
        Write(writer, socket.Id);
        writer.Write(socket.UserId is not null);
        if (socket.UserId is { } user)
        {
            writer.Write(user);
        }
        writer.Write(string.Join("; ", omitted));
        writer.Write(rooms.Length);
        foreach (var room in rooms)
        {
            writer.Write(room);
        }
        writer.Write(data.Length);
        writer.Write(data.Span);
        writer.Write(handshake.Length);
        writer.Write(handshake.Span);
    }

    /// <summary>One part of one socket as JSON; where it cannot be shown, null, and the reason.</summary>
    private static ReadOnlyMemory<byte> Show(string what, Action<Utf8JsonWriter> write, int limit, List<string> omitted)
    {
        ReadOnlyMemory<byte> written = default;
        string? wrong;
        try
        {
            written = JsonBytes.Of(write);
            wrong = written.Length > limit ? $"larger than {limit} bytes (MaxDataBytes)" : JsonLimits.WhatIsWrong(written.Span);
        }
#pragma warning disable CA1031 // Whatever the application keeps with one socket, or a client sent as its auth: the others are shown.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            wrong = $"{exception.GetType().Name}: {exception.Message}";
        }
        if (wrong is null)
        {
            return written;
        }
        omitted.Add($"{what}: {wrong}");
        return "null"u8.ToArray();
    }

    private static void Write(BinaryWriter writer, SocketId id)
    {
        Span<byte> bytes = stackalloc byte[SocketId.ByteLength];
        id.Write(bytes);
        writer.Write(bytes);
    }

    private static JsonElement ReadJson(BinaryReader reader)
    {
        using var document = JsonDocument.Parse(reader.ReadBytes(reader.ReadInt32()));
        return document.RootElement.Clone();
    }

    private static bool Secrets(RequestContext request) => request.Body.Length > 0 && request.Body.Span[0] == WithSecrets;

    /// <summary>What servers of version 0.1 write.</summary>
    private static List<RemoteSocket> ReadArray(Namespace @namespace, ServerAnswer answer)
    {
        List<RemoteSocket> sockets = [];
        using var document = JsonDocument.Parse(answer.Body);
        foreach (var item in document.RootElement.EnumerateArray())
        {
            if (!SocketId.TryParse(item.GetProperty("id").GetString(), out var id))
            {
                throw new InvalidDataException($"Server {answer.Server} answered with a socket that has no id.");
            }
            var rooms = item.GetProperty("rooms").EnumerateArray().Select(room => room.GetString()!).ToHashSet(StringComparer.Ordinal);
            sockets.Add(
                new RemoteSocket(
                    @namespace,
                    id,
                    answer.Server,
                    item.GetProperty("user").GetString(),
                    rooms,
                    item.GetProperty("data").Clone(),
                    item.GetProperty("handshake").Clone()));
        }
        return sockets;
    }

    /// <summary>What servers of version 0.1 read.</summary>
    private static ReadOnlyMemory<byte> WriteArray(RequestContext request, List<string[]> noted)
    {
        var options = request.Namespace.Server.Options;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        foreach (var (socket, rooms) in request.Sockets.Zip(noted))
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
            writer.WriteRawValue(
                Show("data", json => socket.WriteData(json, options.JsonSerializerOptions), options.MaxDataBytes, []).Span, skipInputValidation: true);
            writer.WritePropertyName("handshake");
            writer.WriteRawValue(
                Show("handshake", json => socket.WriteHandshake(json, Secrets(request)), options.MaxDataBytes, []).Span, skipInputValidation: true);
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
