using System.Buffers;
using System.Text;

namespace OrleansAdapter.Protocol;

/// <summary>
/// Writes the protocol's primitives into a buffer. Integers are varints (7 bits a byte, lowest first, the high bit set on all but the last), at most 10 bytes;
/// a negative number takes all ten. <see cref="Complete"/> hands over what was written; without it the last bytes are missing.
/// </summary>
internal ref struct WireWriter(IBufferWriter<byte> output, byte version)
{
    private const int Chunk = 512;
    private const int LongestVarint = 10;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private static readonly UTF8Encoding Lenient = new(false);

    private readonly IBufferWriter<byte> _output = output;
    private Span<byte> _span = output.GetSpan(Chunk);
    private int _used;

    /// <summary>The version of the protocol that is written.</summary>
    public byte Version { get; } = version;

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Take(1)[0] = value;

    /// <summary>A varint.</summary>
    public void Long(long value) => Unsigned((ulong)value);

    /// <summary>A varint that is a length or a count.</summary>
    public void Count(int value) => Unsigned((uint)value);

    /// <summary>Eight bytes, little-endian: shorter than a varint for numbers of 60 bits.</summary>
    public void Fixed(long value) => System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    /// <summary>The id of a server, in six bytes.</summary>
    public void Server(ServerId value) => value.Write(Take(6));

    /// <summary>The id of a socket, in fifteen bytes.</summary>
    public void Socket(SocketId value) => value.Write(Take(SocketId.ByteLength));

    /// <summary>A name that others compare: its length in bytes of UTF-8, then these.</summary>
    /// <exception cref="EncoderFallbackException">It is not valid Unicode: written otherwise it would be a different name.</exception>
    public void Name(string value) => Text(value, Strict);

    /// <summary>A text for people: as a name, but what is not valid Unicode in it is replaced.</summary>
    public void Text(string value) => Text(value, Lenient);

    /// <summary>A length, then as many bytes.</summary>
    public void Block(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        Raw(value);
    }

    /// <summary>Bytes without a length.</summary>
    public void Raw(ReadOnlySpan<byte> value)
    {
        if (value.Length <= _span.Length - _used)
        {
            value.CopyTo(_span[_used..]);
            _used += value.Length;
            return;
        }
        _output.Advance(_used);
        _output.Write(value);
        _span = _output.GetSpan(Chunk);
        _used = 0;
    }

    /// <summary>A room: its kind, then its name.</summary>
    public void Room(Room value)
    {
        Byte((byte)value.Kind);
        Name(value.Name);
    }

    /// <summary>Hands over what was written. The writer must not be used afterwards.</summary>
    public readonly void Complete() => _output.Advance(_used);

    private void Unsigned(ulong value)
    {
        if (value < 0x80)
        {
            Byte((byte)value);
            return;
        }
        Ensure(LongestVarint);
        while (value >= 0x80)
        {
            _span[_used++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _span[_used++] = (byte)value;
    }

    private void Text(string value, UTF8Encoding encoding)
    {
        var length = encoding.GetByteCount(value);
        Count(length);
        encoding.GetBytes(value, Take(length));
    }

    private Span<byte> Take(int count)
    {
        Ensure(count);
        var taken = _span.Slice(_used, count);
        _used += count;
        return taken;
    }

    private void Ensure(int count)
    {
        if (_span.Length - _used < count)
        {
            _output.Advance(_used);
            _span = _output.GetSpan(Math.Max(count, Chunk));
            _used = 0;
        }
    }
}
