using System.Buffers.Binary;
using System.Text;

namespace OrleansAdapter.Protocol;

/// <summary>Reads one item of a list.</summary>
internal delegate T WireRead<out T>(ref WireReader reader);

/// <summary>
/// Reads the protocol's primitives. It trusts nothing: every length is checked against what is left before anything is allocated, lists grow
/// as their items turn out to be there, and whatever is wrong is a <see cref="ProtocolException"/>. Blocks are slices of the given
/// memory, not copies: that memory must not be changed or used again.
/// </summary>
internal ref struct WireReader(ReadOnlyMemory<byte> memory, byte version)
{
    /// <summary>A list's array starts at most this long, so that a garbled count cannot reserve more than is then filled.</summary>
    private const int FirstCapacity = 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _memory = memory;
    private readonly ReadOnlySpan<byte> _span = memory.Span;

    /// <summary>The version of the protocol that the bytes are of.</summary>
    public byte Version { get; } = version;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _span.Length - Position;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>A varint.</summary>
    public long Long()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }
        ProtocolException.Throw($"A number at byte {Position} is longer than 64 bits.");
        return 0;
    }

    /// <summary>A varint that is a length in bytes, and no more than are left.</summary>
    public int Length() => Count(1);

    /// <summary>A varint that is a count of items that take at least so many bytes each, all of which are left.</summary>
    public int Count(int minimumBytes)
    {
        var count = Long();
        if ((ulong)count > (ulong)(Left / minimumBytes))
        {
            ProtocolException.Throw($"The message announces {(ulong)count} items of at least {minimumBytes} bytes at byte {Position}; {Left} bytes are left.");
        }
        return (int)count;
    }

    /// <summary>A varint that fits an <see cref="int"/> and is not negative.</summary>
    public int Int()
    {
        var value = Long();
        if ((ulong)value > int.MaxValue)
        {
            ProtocolException.Throw($"The number {(ulong)value} before byte {Position} is out of range.");
        }
        return (int)value;
    }

    /// <summary>Eight bytes, little-endian.</summary>
    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>A byte that is 0 or 1.</summary>
    public bool Flag()
    {
        var value = Byte();
        if (value > 1)
        {
            ProtocolException.Throw($"The byte {value} before byte {Position} is neither 0 nor 1.");
        }
        return value == 1;
    }

    /// <summary>The id of a server, in six bytes.</summary>
    public ServerId Server() => ServerId.Read(Take(6));

    /// <summary>The id of a socket, in fifteen bytes.</summary>
    public SocketId Socket() => SocketId.Read(Take(SocketId.ByteLength));

    /// <summary>A name or a text, as it was written.</summary>
    public string Text()
    {
        var start = Position;
        return Decode(Take(Length()), start);
    }

    /// <summary>The text that bytes from <see cref="Block"/> hold.</summary>
    public static string Decode(ReadOnlySpan<byte> utf8, int position)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolException($"The text at byte {position} is not UTF-8.");
        }
    }

    /// <summary>Bytes with their length before them: a slice, not a copy.</summary>
    public ReadOnlyMemory<byte> Block()
    {
        var length = Length();
        var start = Position;
        Position += length;
        return _memory.Slice(start, length);
    }

    /// <summary>What has been read since a position: a slice, not a copy.</summary>
    public readonly ReadOnlyMemory<byte> Since(int position) => _memory[position..Position];

    /// <summary>A room; its name obeys <see cref="OrleansAdapter.Room"/>'s rules.</summary>
    public Room Room()
    {
        var kind = Byte();
        if (kind > (byte)RoomKind.Servers)
        {
            ProtocolException.Throw($"The room kind {kind} before byte {Position} is not known.");
        }
        var start = Position;
        var name = Text();
        if (Position - start > OrleansAdapter.Room.MaximumNameBytes + 2 || (name.Length == 0 && kind == (byte)RoomKind.User))
        {
            ProtocolException.Throw($"The name of the room before byte {Position} is empty or too long.");
        }
        return new Room((RoomKind)kind, name);
    }

    /// <summary>Reads a count, then as many items.</summary>
    public T[] List<T>(int minimumBytes, WireRead<T> read)
    {
        var count = Count(minimumBytes);
        return count == 0 ? [] : Items(count, read);
    }

    /// <summary>Reads so many items, whose count was checked by <see cref="Count"/>.</summary>
    public T[] Items<T>(int count, WireRead<T> read)
    {
        var items = new T[Math.Min(count, FirstCapacity)];
        for (var i = 0; i < count; i++)
        {
            if (i == items.Length)
            {
                Array.Resize(ref items, (int)Math.Min(count, items.Length * 2L));
            }
            items[i] = read(ref this);
        }
        return items;
    }

    /// <summary>Throws unless everything has been read.</summary>
    public readonly void End()
    {
        if (Left > 0)
        {
            ProtocolException.Throw($"The message has {Left} bytes too many, from byte {Position} on.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (Left < count)
        {
            ProtocolException.ThrowCutOff(count, Left);
        }
        var taken = _span.Slice(Position, count);
        Position += count;
        return taken;
    }
}
