using System.Text;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>
/// Reads the packets of one connection: <c>type [attachments "-"] [namespace ","] [ack id] [JSON]</c>, and the binary messages behind those that
/// announce some. Strict: whatever is not a packet to the letter is refused, and the connection with it.
/// </summary>
/// <param name="options">How arguments become values; its depth bounds that of the JSON.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="share">What it holds of a packet whose attachments have not all come; null for no bound.</param>
internal sealed class SocketIODecoder(JsonSerializerOptions options, int maxAttachments, UnfinishedShare? share = null)
{
    /// <summary>The largest id that every client can tell from its neighbours: 2⁵³ − 1.</summary>
    private const long LargestId = (1L << 53) - 1;

    private const int DefaultDepth = 64;

    private string _lastNamespace = "/";
    private Incomplete? _incomplete;
    private long _incompleteBytes;

    private int MaxDepth => options.MaxDepth == 0 ? DefaultDepth : options.MaxDepth;

    /// <summary>Takes a message.</summary>
    /// <param name="isBinary">Whether it is bytes rather than text.</param>
    /// <param name="data">Copied where it is kept. Text is valid UTF-8.</param>
    /// <param name="packet">The packet that it completes; null where more has to come.</param>
    /// <returns>Null where it is good; otherwise what is wrong.</returns>
    public string? Add(bool isBinary, ReadOnlySpan<byte> data, out SocketIOPacket? packet)
    {
        packet = null;
        if (isBinary)
        {
            return _incomplete is null ? "got binary data when not reconstructing a packet" : AddAttachment(data, out packet);
        }
        return _incomplete is null ? Read(data, out packet) : "got plaintext data when reconstructing a packet";
    }

    /// <summary>The arguments in a JSON array that this or another server wrote; null where it is none.</summary>
    public static SocketIOArguments? TryReadArguments(ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments, JsonSerializerOptions options)
    {
        var decoder = new SocketIODecoder(options, attachments.Count);
        List<Placeholder> placeholders = [];
        return decoder.TryReadItems(json.Span, out var items, out _, isEvent: false)
            && (attachments.Count == 0 || Placeholder.TryFind(json.Span, attachments, decoder.MaxDepth, out placeholders))
            ? new SocketIOArguments(json, items, placeholders, attachments, options)
            : null;
    }

    private string? AddAttachment(ReadOnlySpan<byte> data, out SocketIOPacket? packet)
    {
        packet = null;
        var (header, payload, attachments) = _incomplete!;
        var isLast = attachments.Count + 1 == attachments.Capacity;
        if (!isLast && share?.TryHold(_incompleteBytes += data.Length) == false)
        {
            return UnfinishedBytes.Refused;
        }
        attachments.Add(data.ToArray());
        if (!isLast)
        {
            return null;
        }
        _incomplete = null;
        share?.Release();
        return Complete(header, payload, attachments, out packet);
    }

    private string? Read(ReadOnlySpan<byte> text, out SocketIOPacket? packet)
    {
        packet = null;
        if (text.IsEmpty || text[0] is < (byte)'0' or > (byte)'6')
        {
            return "unknown packet type";
        }
        var type = (SocketIOPacketType)text[0];
        var rest = text[1..];
        var attachments = 0;
        if (type is SocketIOPacketType.BinaryEvent or SocketIOPacketType.BinaryAck)
        {
            if (!TryReadNumber(ref rest, out var announced) || rest.IsEmpty || rest[0] != (byte)'-')
            {
                return "illegal attachments";
            }
            if (announced > maxAttachments)
            {
                return "too many attachments";
            }
            attachments = (int)announced.GetValueOrDefault();
            rest = rest[1..];
            type = type == SocketIOPacketType.BinaryEvent ? SocketIOPacketType.Event : SocketIOPacketType.Ack;
        }
        var @namespace = ReadNamespace(ref rest);
        if (!TryReadNumber(ref rest, out var id) && StartsWithDigit(rest))
        {
            return "illegal id";
        }
        var header = new SocketIOPacket(type, @namespace, id);
        if (attachments == 0)
        {
            return Complete(header, rest.ToArray(), [], out packet);
        }
        // What can be refused now is: nothing of it is kept while its attachments come.
        if (Check(header, rest) is { } error)
        {
            return error;
        }
        if (share?.TryHold(_incompleteBytes = rest.Length) == false)
        {
            return UnfinishedBytes.Refused;
        }
        _incomplete = new Incomplete(header, rest.ToArray(), new List<ReadOnlyMemory<byte>>(attachments));
        return null;
    }

    private string? Complete(SocketIOPacket header, byte[] payload, List<ReadOnlyMemory<byte>> attachments, out SocketIOPacket? packet)
    {
        packet = null;
        if (Check(header, payload) is { } error)
        {
            return error;
        }
        if (header.Type is not (SocketIOPacketType.Event or SocketIOPacketType.Ack))
        {
            packet = header with { Payload = payload };
            return null;
        }
        if (!TryReadItems(payload, out var items, out var name, header.Type == SocketIOPacketType.Event))
        {
            return "invalid payload";
        }
        List<Placeholder> placeholders = [];
        if (attachments.Count > 0 && !Placeholder.TryFind(payload, attachments, MaxDepth, out placeholders))
        {
            return "illegal attachments";
        }
        packet = header with { Event = name, Arguments = new SocketIOArguments(payload, items, placeholders, attachments, options) };
        return null;
    }

    /// <summary>What each type of packet may carry.</summary>
    private static string? Check(SocketIOPacket header, ReadOnlySpan<byte> payload)
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

    private string ReadNamespace(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != (byte)'/')
        {
            return "/";
        }
        var end = rest.IndexOf((byte)',');
        var name = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        // A client mostly stays in one namespace, whose name need not be made anew for each packet.
        if (!Ascii.Equals(name, _lastNamespace))
        {
            _lastNamespace = Encoding.UTF8.GetString(name);
        }
        return _lastNamespace;
    }

    private static bool StartsWithDigit(ReadOnlySpan<byte> text) => !text.IsEmpty && text[0] is >= (byte)'0' and <= (byte)'9';

    /// <summary>Reads decimal digits, if there are any. False where there are none, or too many for a number.</summary>
    private static bool TryReadNumber(ref ReadOnlySpan<byte> rest, out long? number)
    {
        number = null;
        var value = 0L;
        var length = 0;
        for (; length < rest.Length && rest[length] is >= (byte)'0' and <= (byte)'9'; length++)
        {
            value = (value * 10) + (rest[length] - '0');
            if (value > LargestId)
            {
                return false;
            }
        }
        if (length == 0)
        {
            return false;
        }
        number = value;
        rest = rest[length..];
        return true;
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
    private bool TryReadItems(ReadOnlySpan<byte> json, out Range[] items, out string name, bool isEvent)
    {
        items = [];
        name = "";
        List<Range> found = [];
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
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

    private sealed record Incomplete(SocketIOPacket Header, byte[] Payload, List<ReadOnlyMemory<byte>> Attachments);
}
