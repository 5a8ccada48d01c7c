using System.Buffers.Binary;
using System.Text;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>A message in Protocol Buffers' encoding, read without its description.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, long Number, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="InvalidDataException">These bytes are no message.</exception>
    public ProtobufMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var key = Number(ref bytes);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((field, Number(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((field, BinaryPrimitives.ReadInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Number(ref bytes);
                    _fields.Add((field, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((field, BinaryPrimitives.ReadInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"There is no wire type {key & 7}.");
            }
        }
    }

    /// <summary>The messages in a field.</summary>
    public IEnumerable<ProtobufMessage> Messages(int field) => _fields.Where(one => one.Field == field).Select(one => new ProtobufMessage(one.Bytes));

    /// <summary>The numbers in a field.</summary>
    public IEnumerable<long> Numbers(int field) => _fields.Where(one => one.Field == field).Select(one => one.Number);

    /// <summary>The bytes of a field; none where it is not there.</summary>
    public ReadOnlySpan<byte> Bytes(int field) => _fields.LastOrDefault(one => one.Field == field).Bytes.Span;

    /// <summary>The text of a field; empty where it is not there.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    private static long Number(ref ReadOnlyMemory<byte> bytes)
    {
        var (number, at) = (0L, 0);
        while (true)
        {
            var next = bytes.Span[at];
            number |= (long)(next & 0x7F) << (7 * at++);
            if (next < 0x80)
            {
                bytes = bytes[at..];
                return number;
            }
        }
    }
}
