using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace OrleansAdapter.EngineIO;

/// <summary>What a <see cref="FrameReader"/> has found.</summary>
internal enum FrameReading
{
    /// <summary>Nothing whole yet.</summary>
    More,

    /// <summary>A message.</summary>
    Message,

    /// <summary>A ping (<see cref="FrameReader.Control"/>).</summary>
    Ping,

    /// <summary>A pong, which nobody waits for.</summary>
    Pong,

    /// <summary>The client closes.</summary>
    Close,

    /// <summary>Something that RFC 6455 forbids.</summary>
    Error,

    /// <summary>Text that is no UTF-8.</summary>
    InvalidText,

    /// <summary>A message over the limit.</summary>
    TooBig,

    /// <summary>A message that would go on, while the unfinished ones of all clients hold too much.</summary>
    TooMany,
}

/// <summary>
/// Reads the frames of a WebSocket's client and puts its messages together. Holds no memory between messages; a message takes only as much as has come
/// of it, whatever length it announced.
/// </summary>
/// <param name="limit">How large a message may be, in bytes.</param>
/// <param name="unfinished">What unfinished messages hold together; null for no bound.</param>
internal sealed class FrameReader(int limit, UnfinishedBytes? unfinished = null)
{
    private const int MaximumHeader = 14;
    private const int MaximumControl = 125;

    private byte[]? _message;
    private int _length;
    private int _held;
    private long _remaining;
    private uint _mask;
    private int _type;
    private bool _inFrame;
    private bool _isLast;

    /// <summary>Whether the message is bytes rather than text.</summary>
    public bool IsBinary { get; private set; }

    /// <summary>The message that was found, until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Message => _message.AsMemory(0, _length);

    /// <summary>The payload of a ping.</summary>
    public byte[] Control { get; private set; } = [];

    /// <summary>Reads on; cuts off what it has taken.</summary>
    public FrameReading Read(ref ReadOnlySequence<byte> input)
    {
        while (true)
        {
            if (!_inFrame)
            {
                var found = ReadHeader(ref input);
                if (found == FrameReading.Pong)
                {
                    continue;
                }
                if (found is not null)
                {
                    return found == FrameReading.More ? Wait() : found.Value;
                }
            }
            var taken = (int)Math.Min(_remaining, input.Length);
            Take(input.Slice(0, taken));
            input = input.Slice(taken);
            _remaining -= taken;
            if (_remaining > 0)
            {
                return Wait();
            }
            _inFrame = false;
            if (_isLast)
            {
                IsBinary = _type == 2;
                _type = 0;
                return IsBinary || Utf8.IsValid(Message.Span) ? FrameReading.Message : FrameReading.InvalidText;
            }
        }
    }

    /// <summary>Gives up the message's memory.</summary>
    public void Release()
    {
        if (_message is not null)
        {
            ArrayPool<byte>.Shared.Return(_message);
            _message = null;
        }
        _length = 0;
        if (_held > 0)
        {
            unfinished!.Release(_held);
            _held = 0;
        }
    }

    /// <summary>More has to come. Only who has to wait counts: most messages come whole.</summary>
    private FrameReading Wait()
    {
        if (unfinished is not null && _message is not null && _message.Length > _held)
        {
            if (!unfinished.TryReserve(_message.Length - _held))
            {
                return FrameReading.TooMany;
            }
            _held = _message.Length;
        }
        return FrameReading.More;
    }

    /// <summary>Reads the header of a frame, or a whole control frame. Null where a frame with data begins.</summary>
    private FrameReading? ReadHeader(ref ReadOnlySequence<byte> input)
    {
        Span<byte> header = stackalloc byte[MaximumHeader];
        var available = (int)Math.Min(MaximumHeader, input.Length);
        input.Slice(0, available).CopyTo(header);
        if (available < 2)
        {
            return FrameReading.More;
        }
        var length = (long)(header[1] & 0x7f);
        var lengthBytes = length switch { 126 => 2, 127 => 8, _ => 0 };
        var headerLength = 2 + lengthBytes + 4;
        var type = header[0] & 0x0f;
        var isLast = (header[0] & 0x80) != 0;
        var isControl = type >= 8;
        var isGood = (header[0] & 0x70) == 0 && (header[1] & 0x80) != 0
            && (isControl ? type <= 10 && isLast && length <= MaximumControl : type <= 2 && (type == 0) == (_type != 0));
        if (!isGood)
        {
            return FrameReading.Error;
        }
        if (available < headerLength)
        {
            return FrameReading.More;
        }
        length = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            8 => BinaryPrimitives.ReadInt64BigEndian(header[2..]),
            _ => length,
        };
        var mask = MemoryMarshal.Read<uint>(header[(headerLength - 4)..]);
        if (isControl)
        {
            return ReadControl(ref input, type, headerLength, (int)length, mask);
        }
        // The shortest form of a length is the only one.
        if (length < 0 || (lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length <= ushort.MaxValue))
        {
            return FrameReading.Error;
        }
        if (length > limit - _length)
        {
            return FrameReading.TooBig;
        }
        input = input.Slice(headerLength);
        (_inFrame, _isLast, _remaining, _mask) = (true, isLast, length, mask);
        _type = type == 0 ? _type : type;
        return null;
    }

    private FrameReading ReadControl(ref ReadOnlySequence<byte> input, int type, int headerLength, int length, uint mask)
    {
        if (input.Length < headerLength + length)
        {
            return FrameReading.More;
        }
        Control = new byte[length];
        input.Slice(headerLength, length).CopyTo(Control);
        Unmask(Control, mask);
        input = input.Slice(headerLength + length);
        return type switch
        {
            8 => IsClose(Control) ? FrameReading.Close : FrameReading.Error,
            9 => FrameReading.Ping,
            _ => FrameReading.Pong,
        };
    }

    /// <summary>Nothing; or a code that may be sent, and a reason that is text.</summary>
    private static bool IsClose(ReadOnlySpan<byte> payload) => payload.IsEmpty
        || (payload.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(payload) is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)
            && Utf8.IsValid(payload[2..]));

    private void Take(ReadOnlySequence<byte> part)
    {
        var length = (int)part.Length;
        if (length == 0)
        {
            return;
        }
        Reserve(_length + length);
        var to = _message.AsSpan(_length, length);
        part.CopyTo(to);
        Unmask(to, _mask);
        // The mask goes on where it stopped.
        _mask = BitConverter.IsLittleEndian ? uint.RotateRight(_mask, 8 * (length & 3)) : uint.RotateLeft(_mask, 8 * (length & 3));
        _length += length;
    }

    private void Reserve(int length)
    {
        if (_message is null)
        {
            _message = ArrayPool<byte>.Shared.Rent(length);
        }
        else if (_message.Length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * _message.Length));
            _message.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_message);
            _message = larger;
        }
    }

    private static void Unmask(Span<byte> bytes, uint mask)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var wide = mask | ((ulong)mask << 32);
        for (var i = 0; i < words.Length; i++)
        {
            words[i] ^= wide;
        }
        Span<byte> key = stackalloc byte[4];
        MemoryMarshal.Write(key, mask);
        for (var i = words.Length * sizeof(ulong); i < bytes.Length; i++)
        {
            bytes[i] ^= key[i & 3];
        }
    }
}
