using System.Text;
using System.Text.Json;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>
/// Reads the packets of one connection: <c>type [attachments "-"] [namespace ","] [ack id] [JSON]</c>, and the binary messages behind those that
/// announce some. Strict: whatever is not a packet to the letter is refused, and the connection with it.
/// </summary>
/// <param name="options">How arguments become values; its depth bounds that of the JSON.</param>
/// <param name="maxAttachments">How many attachments a packet may have.</param>
/// <param name="share">What it holds of a packet whose attachments have not all come; null for no bound.</param>
internal sealed class SocketIODecoder(JsonSerializerOptions options, int maxAttachments, UnfinishedShare? share = null) : IPacketDecoder
{
    private string _lastNamespace = "/";
    private Incomplete? _incomplete;
    private long _incompleteBytes;

    /// <summary>Takes a message.</summary>
    /// <param name="isBinary">Whether it is bytes rather than text.</param>
    /// <param name="data">Copied where it is kept. Text is valid UTF-8.</param>
    /// <param name="packet">The packet that it completes; null where more has to come.</param>
    /// <returns>Null where it is good; otherwise what is wrong.</returns>
    public string? Add(bool isBinary, ReadOnlySpan<byte> data, out ReceivedPacket? packet)
    {
        packet = null;
        if (isBinary)
        {
            return _incomplete is null ? "got binary data when not reconstructing a packet" : AddAttachment(data, out packet);
        }
        return _incomplete is null ? Read(data, out packet) : "got plaintext data when reconstructing a packet";
    }

    string? IPacketDecoder.Add(bool isBinary, ReadOnlyMemory<byte> data, out ReceivedPacket? packet) => Add(isBinary, data.Span, out packet);

    private string? AddAttachment(ReadOnlySpan<byte> data, out ReceivedPacket? packet)
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
        return PacketData.Complete(header, payload, attachments, options, out packet);
    }

    private string? Read(ReadOnlySpan<byte> text, out ReceivedPacket? packet)
    {
        packet = null;
        if (text.IsEmpty || text[0] is < (byte)'0' or > (byte)'6')
        {
            return "unknown packet type";
        }
        var type = text[0] switch
        {
            SocketIOEncoder.BinaryEvent => SocketIOPacketType.Event,
            SocketIOEncoder.BinaryAck => SocketIOPacketType.Ack,
            var other => (SocketIOPacketType)(other - '0'),
        };
        var rest = text[1..];
        var attachments = 0;
        if (text[0] is SocketIOEncoder.BinaryEvent or SocketIOEncoder.BinaryAck)
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
        }
        var @namespace = ReadNamespace(ref rest);
        if (!TryReadNumber(ref rest, out var id) && StartsWithDigit(rest))
        {
            return "illegal id";
        }
        var header = new ReceivedPacket(type, @namespace, id);
        if (attachments == 0)
        {
            return PacketData.Complete(header, rest.ToArray(), [], options, out packet);
        }
        // What can be refused now is: nothing of it is kept while its attachments come.
        if (PacketData.Check(header, rest) is { } error)
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
            if (value > PacketData.LargestId)
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

    private sealed record Incomplete(ReceivedPacket Header, byte[] Payload, List<ReadOnlyMemory<byte>> Attachments);
}
