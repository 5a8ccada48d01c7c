using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>
/// Reads MessagePack, its values as the JSON that the default parser would have got. Strict: every member throws <see cref="InvalidDataException"/> where
/// the bytes are not what it reads. What is allocated is in proportion to the bytes that are there, whatever lengths they announce.
/// </summary>
internal ref partial struct MessagePackReader(ReadOnlySpan<byte> bytes, SocketIODecoderLimits limits)
{
    private const sbyte TimestampType = -1;

    /// <summary>How many bytes a buffer begins with at most: it grows with what is written into it.</summary>
    private const int FirstBuffer = 256;

    private readonly SocketIODecoderLimits _limits = limits;
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The header of a map: how many members it has.</summary>
    public int Map() => Byte() switch
    {
        var code and >= 0x80 and <= 0x8f => Elements(code & 0x0f, 2),
        0xde => Elements(UInt16(), 2),
        0xdf => Elements(UInt32(), 2),
        _ => throw new InvalidDataException("a packet that is no map"),
    };

    /// <summary>A text, which may be a member's name.</summary>
    public ReadOnlySpan<byte> Text() => TextOf(Byte());

    /// <summary>A whole number.</summary>
    public long Integer() => TryInteger(Byte(), out var value) && value >= long.MinValue && value <= long.MaxValue
        ? (long)value
        : throw new InvalidDataException("a number that is not whole, or too large");

    /// <summary>Takes JavaScript's <c>undefined</c>, if that comes.</summary>
    public bool TryUndefined()
    {
        if (_rest is not [0xd4, 0, _, ..])
        {
            return false;
        }
        _rest = _rest[3..];
        return true;
    }

    /// <summary>Checks that nothing comes any more.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new InvalidDataException("bytes behind a packet");
        }
    }

    /// <summary>Any value.</summary>
    public MessagePackValue Value()
    {
        var json = new ArrayBufferWriter<byte>(Math.Clamp(_rest.Length, 1, FirstBuffer));
        using var writer = new Utf8JsonWriter(
            json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = _limits.MaxDepth + 1 });
        var into = new Into(writer, [], []);
        Value(into, 0);
        writer.Flush();
        // A client's own object may look as if it stood for bytes: what is passed on has to be what it sent.
        if (into.Attachments.Count > 0
            && !(Placeholder.TryFind(json.WrittenSpan, into.Attachments, _limits.MaxDepth + 1, out var found) && found.SequenceEqual(into.Placeholders)))
        {
            throw new InvalidDataException("illegal attachments");
        }
        return new MessagePackValue(json.WrittenMemory, into.Attachments, into.Placeholders);
    }

    private void Value(Into into, int depth)
    {
        var code = Byte();
        if (TryInteger(code, out var integer))
        {
            // What does not fit one type fits the other.
            if (integer <= long.MaxValue)
            {
                into.Json.WriteNumberValue((long)integer);
            }
            else
            {
                into.Json.WriteNumberValue((ulong)integer);
            }
            return;
        }
        switch (code)
        {
            case 0xc0:
                into.Json.WriteNullValue();
                break;
            case 0xc2 or 0xc3:
                into.Json.WriteBooleanValue(code == 0xc3);
                break;
            case 0xca:
                Number(into, BinaryPrimitives.ReadSingleBigEndian(Take(4)));
                break;
            case 0xcb:
                Number(into, BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                break;
            case (>= 0xa0 and <= 0xbf) or 0xd9 or 0xda or 0xdb:
                into.Json.WriteStringValue(TextOf(code));
                break;
            case 0xc4:
                Bytes(into, Take(Byte()));
                break;
            case 0xc5:
                Bytes(into, Take(UInt16()));
                break;
            case 0xc6:
                Bytes(into, Take(UInt32()));
                break;
            case (>= 0x90 and <= 0x9f) or 0xdc or 0xdd:
                Array(into, Elements(code switch { 0xdc => UInt16(), 0xdd => UInt32(), _ => code & 0x0fu }, 1), Deeper(depth));
                break;
            case (>= 0x80 and <= 0x8f) or 0xde or 0xdf:
                Object(into, Elements(code switch { 0xde => UInt16(), 0xdf => UInt32(), _ => code & 0x0fu }, 2), Deeper(depth));
                break;
            default:
                Extension(into, code);
                break;
        }
    }

    private void Array(Into into, int count, int depth)
    {
        into.Json.WriteStartArray();
        for (; count > 0; count--)
        {
            Value(into, depth);
        }
        into.Json.WriteEndArray();
    }

    private void Object(Into into, int count, int depth)
    {
        into.Json.WriteStartObject();
        for (; count > 0; count--)
        {
            var name = Text();
            // As in JSON, a member that is undefined is none.
            if (!TryUndefined())
            {
                into.Json.WritePropertyName(name);
                Value(into, depth);
            }
        }
        into.Json.WriteEndObject();
    }

    private void Extension(Into into, byte code)
    {
        var length = ExtensionLength(code);
        var type = (sbyte)Byte();
        var data = Take(length);
        switch (type, code)
        {
            case (0, 0xd4):
                into.Json.WriteNullValue(); // undefined
                break;
            case (0, 0xd7):
                Date(into, BinaryPrimitives.ReadInt64BigEndian(data));
                break;
            case (0, _):
                Bytes(into, data); // an ArrayBuffer
                break;
            case (TimestampType, _):
                Timestamp(into, data);
                break;
            default:
                throw new InvalidDataException($"an extension of the unknown type {type}");
        }
    }

    private uint ExtensionLength(byte code) => code switch
    {
        >= 0xd4 and <= 0xd8 => 1u << (code - 0xd4),
        0xc7 => Byte(),
        0xc8 => UInt16(),
        0xc9 => UInt32(),
        _ => throw new InvalidDataException($"a byte that begins no value: {code:x2}"),
    };

    private static void Number(Into into, double value)
    {
        if (double.IsFinite(value))
        {
            into.Json.WriteNumberValue(value);
        }
        else
        {
            into.Json.WriteNullValue();
        }
    }

    private readonly void Bytes(Into into, ReadOnlySpan<byte> bytes)
    {
        if (into.Attachments.Count == _limits.MaxAttachments)
        {
            throw new InvalidDataException("too many attachments");
        }
        var text = string.Create(CultureInfo.InvariantCulture, $"{{\"_placeholder\":true,\"num\":{into.Attachments.Count}}}");
        into.Json.WriteRawValue(text, skipInputValidation: true);
        var end = (int)(into.Json.BytesCommitted + into.Json.BytesPending);
        into.Placeholders.Add(new Placeholder(end - text.Length, end, into.Attachments.Count));
        into.Attachments.Add(bytes.ToArray());
    }

    /// <summary>A date of JavaScript's, in milliseconds.</summary>
    private static void Date(Into into, long milliseconds) =>
        Date(into, Math.DivRem(milliseconds, 1000, out var rest) - (rest < 0 ? 1 : 0), (rest < 0 ? rest + 1000 : rest) * 1_000_000);

    /// <summary>MessagePack's own time.</summary>
    private static void Timestamp(Into into, ReadOnlySpan<byte> data)
    {
        var (seconds, nanoseconds) = data.Length switch
        {
            4 => (BinaryPrimitives.ReadUInt32BigEndian(data), 0L),
            8 => ((long)(BinaryPrimitives.ReadUInt64BigEndian(data) & 0x3_ffff_ffff), (long)(BinaryPrimitives.ReadUInt64BigEndian(data) >> 34)),
            12 => (BinaryPrimitives.ReadInt64BigEndian(data[4..]), BinaryPrimitives.ReadUInt32BigEndian(data)),
            _ => throw new InvalidDataException($"a timestamp of {data.Length} bytes"),
        };
        if (nanoseconds > 999_999_999)
        {
            throw new InvalidDataException("a timestamp with more than a second of nanoseconds");
        }
        Date(into, seconds, nanoseconds);
    }

    private static void Date(Into into, long seconds, long nanoseconds)
    {
        if (IsoDate.TryWrite(seconds, (int)nanoseconds) is { } text)
        {
            into.Json.WriteStringValue(text);
        }
        else
        {
            into.Json.WriteNullValue(); // as of an invalid date
        }
    }

    private bool TryInteger(byte code, out Int128 value)
    {
        value = code switch
        {
            <= 0x7f => code,
            >= 0xe0 => (sbyte)code,
            0xcc => Byte(),
            0xcd => UInt16(),
            0xce => UInt32(),
            0xcf => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xd0 => (sbyte)Byte(),
            0xd1 => (short)UInt16(),
            0xd2 => (int)UInt32(),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => Int128.MinValue,
        };
        return value != Int128.MinValue;
    }

    private ReadOnlySpan<byte> TextOf(byte code)
    {
        var text = Take(code switch
        {
            >= 0xa0 and <= 0xbf => code & 0x1fu,
            0xd9 => Byte(),
            0xda => UInt16(),
            0xdb => UInt32(),
            _ => throw new InvalidDataException("a name that is no text"),
        });
        return Utf8.IsValid(text) ? text : throw new InvalidDataException("text that is not valid UTF-8");
    }

    private readonly int Deeper(int depth) =>
        depth < _limits.MaxDepth ? depth + 1 : throw new InvalidDataException($"data deeper than {_limits.MaxDepth} levels");

    /// <summary>Checks that so many elements can be there at all: each takes a byte at least.</summary>
    private readonly int Elements(long count, int bytesEach) =>
        count * bytesEach <= _rest.Length ? (int)count : throw new InvalidDataException($"{count} elements are announced, and {_rest.Length} bytes are left");

    private ReadOnlySpan<byte> Take(uint length)
    {
        if (length > _rest.Length)
        {
            throw new InvalidDataException($"{length} bytes are announced, and {_rest.Length} are left");
        }
        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private byte Byte() => Take(1)[0];

    private ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    private uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>Where a value goes.</summary>
    private readonly record struct Into(Utf8JsonWriter Json, List<ReadOnlyMemory<byte>> Attachments, List<Placeholder> Placeholders);
}
