using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>What the data of packets may be, whatever parser they came by.</summary>
internal static class PacketData
{
    /// <summary>The largest id that every client can tell from its neighbours: 2⁵³ − 1.</summary>
    public const long LargestId = (1L << 53) - 1;

    private const int DefaultDepth = 64;

    public static int DepthOf(JsonSerializerOptions options) => options.MaxDepth == 0 ? DefaultDepth : options.MaxDepth;

    /// <summary>The arguments in a JSON array that this or another server wrote; null where it is none.</summary>
    public static SocketIOArguments? TryReadArguments(ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments, JsonSerializerOptions options)
    {
        List<Placeholder> placeholders = [];
        return TryReadItems(json.Span, DepthOf(options), out var items, out _, isEvent: false)
            && (attachments.Count == 0 || Placeholder.TryFind(json.Span, attachments, DepthOf(options), out placeholders))
            ? new SocketIOArguments(json, items, placeholders, attachments, options)
            : null;
    }

    /// <summary>Makes a packet of its parts.</summary>
    /// <param name="header">All but its data.</param>
    /// <param name="payload">Its data, which it keeps: JSON, if it is good.</param>
    /// <param name="attachments">Its attachments, which it keeps.</param>
    /// <param name="options">How arguments become values; its depth bounds that of the data.</param>
    /// <param name="packet">The packet, where it is good.</param>
    /// <returns>Null where it is; otherwise what is wrong.</returns>
    public static string? Complete(
        ReceivedPacket header, ReadOnlyMemory<byte> payload, IReadOnlyList<ReadOnlyMemory<byte>> attachments, JsonSerializerOptions options,
            out ReceivedPacket? packet)
    {
        packet = null;
        if (Check(header, payload.Span) is { } error)
        {
            return error;
        }
        if (header.Type is not (SocketIOPacketType.Event or SocketIOPacketType.Ack))
        {
            packet = header with { Payload = payload };
            return null;
        }
        if (!TryReadItems(payload.Span, DepthOf(options), out var items, out var name, header.Type == SocketIOPacketType.Event))
        {
            return "invalid payload";
        }
        List<Placeholder> placeholders = [];
        if (attachments.Count > 0 && !Placeholder.TryFind(payload.Span, attachments, DepthOf(options), out placeholders))
        {
            return "illegal attachments";
        }
        packet = header with { Event = name, Arguments = new SocketIOArguments(payload, items, placeholders, attachments, options) };
        return null;
    }

    /// <summary>What each type of packet may carry.</summary>
    public static string? Check(ReceivedPacket header, ReadOnlySpan<byte> payload)
    {
        var good = header.Type switch
        {
            SocketIOPacketType.Connect => payload.IsEmpty || (payload[0] == (byte)'{' && IsJson(payload)),
            SocketIOPacketType.Disconnect => payload.IsEmpty,
            SocketIOPacketType.ConnectError => !payload.IsEmpty && payload[0] is (byte)'{' or (byte)'"' && IsJson(payload),
            SocketIOPacketType.Event => !payload.IsEmpty && payload[0] == (byte)'[',
            _ => !payload.IsEmpty && payload[0] == (byte)'[' && header.Id is not null,
        };
        return good ? null : "invalid payload";
    }

    private static bool IsJson(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Checks that the payload is one JSON array, and finds its items; of an event, the first is its name.</summary>
    private static bool TryReadItems(ReadOnlySpan<byte> json, int maxDepth, out Range[] items, out string name, bool isEvent)
    {
        items = [];
        name = "";
        List<Range> found = [];
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
            reader.Read();
            if (isEvent)
            {
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
                {
                    return false;
                }
                name = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan);
                if (reader.TokenType == JsonTokenType.String && ReservedEvents.Contains(name))
                {
                    return false;
                }
            }
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                found.Add(new Range(start, (int)reader.BytesConsumed));
            }
            // Whatever is behind the array is one too much, and throws.
            reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter: a name that is no Unicode.
            return false;
        }
        items = [.. found];
        return true;
    }
}
