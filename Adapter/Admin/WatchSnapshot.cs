using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Admin;

/// <summary>The sockets that one server shows.</summary>
/// <param name="Server">Which.</param>
/// <param name="Last">The number of the last news that are in it.</param>
/// <param name="Sockets">Each as JSON.</param>
internal sealed record WatchSnapshot(string Server, long Last, IReadOnlyList<ReadOnlyMemory<byte>> Sockets)
{
    /// <summary>The most that one server says, in bytes; a server's answer may not be much larger. What does not fit is left out.</summary>
    public const int MostBytes = 4 << 20;

    /// <param name="server">Which.</param>
    /// <param name="last">The number of the last news that are in it.</param>
    /// <param name="sockets">Each writes itself.</param>
    public static WatchSnapshot Write(ServerId server, long last, IEnumerable<Action<Utf8JsonWriter>> sockets)
    {
        List<ReadOnlyMemory<byte>> written = [];
        var bytes = 0L;
        foreach (var write in sockets)
        {
            var socket = JsonBytes.Of(write, 512);
            bytes += socket.Length;
            if (bytes > MostBytes)
            {
                break;
            }
            written.Add(socket);
        }
        return new WatchSnapshot(server.ToString(), last, written);
    }

    /// <summary>As another server gets it: <c>{"server":…,"last":…,"sockets":[…]}</c>.</summary>
    public ReadOnlyMemory<byte> ToJson() => JsonBytes.Of(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("server", Server);
            writer.WriteNumber("last", Last);
            writer.WriteStartArray("sockets");
            foreach (var socket in Sockets)
            {
                writer.WriteRawValue(socket.Span, skipInputValidation: true);
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        },
        size: 4096);

    /// <summary>Reads what another server said; null where it is none.</summary>
    public static WatchSnapshot? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return new WatchSnapshot(
                root.GetProperty("server").GetString()!,
                root.GetProperty("last").GetInt64(),
                [.. root.GetProperty("sockets").EnumerateArray().Select(socket => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(socket))]);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
