using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>Writes MessagePack, each value in its shortest form, and JSON as the values that it stands for.</summary>
internal sealed class MessagePackWriter(int capacity)
{
    /// <summary>Deeper than any JSON that this server has to say.</summary>
    private const int MaxDepth = 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Map(int members) => Header(members, 0x80, 0x0f, 0xde);

    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is > 0x1f and <= byte.MaxValue)
        {
            _buffer.Write<byte>([0xd9, (byte)utf8.Length]);
        }
        else
        {
            Header(utf8.Length, 0xa0, 0x1f, 0xda);
        }
        _buffer.Write(utf8);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= byte.MaxValue)
        {
            _buffer.Write<byte>([0xc4, (byte)bytes.Length]);
        }
        else
        {
            Header(bytes.Length, 0, 0, 0xc5);
        }
        _buffer.Write(bytes);
    }

    public void Integer(long value)
    {
        switch (value)
        {
            case >= -32 and <= sbyte.MaxValue:
                _buffer.Write<byte>([(byte)value]);
                break;
            case > 0:
                Integer((ulong)value);
                break;
            case >= sbyte.MinValue:
                _buffer.Write<byte>([0xd0, (byte)value]);
                break;
            case >= short.MinValue:
                BinaryPrimitives.WriteInt16BigEndian(Begin(0xd1, sizeof(short)), (short)value);
                break;
            case >= int.MinValue:
                BinaryPrimitives.WriteInt32BigEndian(Begin(0xd2, sizeof(int)), (int)value);
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(Begin(0xd3, sizeof(long)), value);
                break;
        }
    }

    /// <summary>Writes JSON as what it stands for.</summary>
    /// <param name="json">Good JSON.</param>
    /// <param name="attachments">Bytes, which take the places of their placeholders.</param>
    public void Json(ReadOnlySpan<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        List<Placeholder> placeholders = [];
        if (attachments.Count > 0 && !Placeholder.TryFind(json, attachments, MaxDepth, out placeholders, long.MaxValue))
        {
            placeholders = []; // one that names bytes that are not there: then all of them are what they seem
        }
        var counts = Count(json, placeholders);
        var reader = NewReader(json);
        var (next, container) = (0, 0);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when next < placeholders.Count && placeholders[next].Start == reader.TokenStartIndex:
                    Bytes(attachments[placeholders[next++].Attachment].Span);
                    reader.Skip();
                    break;
                case JsonTokenType.StartObject:
                    Map(counts[container++]);
                    break;
                case JsonTokenType.StartArray:
                    Header(counts[container++], 0x90, 0x0f, 0xdc);
                    break;
                case JsonTokenType.PropertyName or JsonTokenType.String:
                    Text(reader.ValueIsEscaped ? Unescaped(ref reader) : reader.ValueSpan);
                    break;
                case JsonTokenType.Number:
                    Number(ref reader);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    _buffer.Write<byte>([reader.TokenType == JsonTokenType.True ? (byte)0xc3 : (byte)0xc2]);
                    break;
                case JsonTokenType.Null:
                    _buffer.Write<byte>([0xc0]);
                    break;
                default:
                    break;
            }
        }
    }

    private static Utf8JsonReader NewReader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    /// <summary>How many elements each array and object has, in the order in which they begin: MessagePack says that first.</summary>
    private static List<int> Count(ReadOnlySpan<byte> json, List<Placeholder> placeholders)
    {
        List<int> counts = [];
        Stack<(int Container, bool IsArray)> open = [];
        var next = 0;
        var reader = NewReader(json);
        while (reader.Read())
        {
            var token = reader.TokenType;
            if (token is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                open.Pop();
                continue;
            }
            if (open.TryPeek(out var outer) && (outer.IsArray || token == JsonTokenType.PropertyName))
            {
                counts[outer.Container]++;
            }
            if (token == JsonTokenType.StartObject && next < placeholders.Count && placeholders[next].Start == reader.TokenStartIndex)
            {
                next++;
                reader.Skip();
            }
            else if (token is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                open.Push((counts.Count, token == JsonTokenType.StartArray));
                counts.Add(0);
            }
        }
        return counts;
    }

    private void Number(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var integer))
        {
            Integer(integer);
        }
        else if (reader.TryGetUInt64(out var large))
        {
            Integer(large);
        }
        else
        {
            BinaryPrimitives.WriteDoubleBigEndian(Begin(0xcb, sizeof(double)), reader.GetDouble());
        }
    }

    private void Integer(ulong value)
    {
        switch (value)
        {
            case <= byte.MaxValue:
                _buffer.Write<byte>([0xcc, (byte)value]);
                break;
            case <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Begin(0xcd, sizeof(ushort)), (ushort)value);
                break;
            case <= uint.MaxValue:
                BinaryPrimitives.WriteUInt32BigEndian(Begin(0xce, sizeof(uint)), (uint)value);
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(Begin(0xcf, sizeof(ulong)), value);
                break;
        }
    }

    /// <summary>The text that is meant. Half of a surrogate pair, which JSON can express and UTF-8 cannot, becomes U+FFFD.</summary>
    private static byte[] Unescaped(ref Utf8JsonReader reader)
    {
        try
        {
            var text = new byte[reader.ValueSpan.Length];
            return text[..reader.CopyString(text)];
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetBytes(CharactersOf(Encoding.UTF8.GetString(reader.ValueSpan)));
        }
    }

    /// <summary>The characters of a JSON string, whole or not.</summary>
    private static char[] CharactersOf(string escaped)
    {
        List<char> characters = [];
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\')
            {
                characters.Add(escaped[i]);
                continue;
            }
            i++;
            characters.Add(escaped[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(escaped.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                var itself => itself,
            });
            i += escaped[i] == 'u' ? 4 : 0;
        }
        return [.. characters];
    }

    /// <summary>A length, in the code itself if it fits there, else in two or four bytes behind it.</summary>
    private void Header(int length, byte small, int largestSmall, byte code)
    {
        if (length <= largestSmall)
        {
            _buffer.Write<byte>([(byte)(small | length)]);
        }
        else if (length <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Begin(code, sizeof(ushort)), (ushort)length);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(Begin((byte)(code + 1), sizeof(uint)), (uint)length);
        }
    }

    /// <summary>Writes a code, and returns where its value goes.</summary>
    private Span<byte> Begin(byte code, int length)
    {
        var span = _buffer.GetSpan(1 + length);
        span[0] = code;
        _buffer.Advance(1 + length);
        return span.Slice(1, length);
    }
}
