using System.Buffers;
using System.Buffers.Binary;
using OrleansAdapter.Codec;

namespace OrleansAdapter.Grains.Local;

/// <summary>
/// How messages are cut into frames on a link: four bytes little-endian, the low 31 bits being the number of bytes that follow (1 to
/// <see cref="MaximumBytes"/>), the highest bit telling that the message goes on in the next frame. A frame of another message never comes between.
/// </summary>
internal static class LinkFrames
{
    /// <summary>The most bytes of a message in one frame.</summary>
    public const int MaximumBytes = 1 << 20;

    /// <summary>The bytes before each frame.</summary>
    public const int HeaderBytes = 4;

    private const uint More = 1u << 31;

    /// <summary>Writes a message as one frame, or as several where it is long.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        while (message.Length > MaximumBytes)
        {
            WriteFrame(output, message[..MaximumBytes], More);
            message = message[MaximumBytes..];
        }
        WriteFrame(output, message, 0);
    }

    private static void WriteFrame(IBufferWriter<byte> output, ReadOnlySpan<byte> part, uint more)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(HeaderBytes), (uint)part.Length | more);
        output.Advance(HeaderBytes);
        output.Write(part);
    }

    /// <summary>Puts messages together again, each into an array of its own that the receiver may keep.</summary>
    /// <param name="maximumMessageBytes">The longest message that is taken.</param>
    public sealed class Reader(long maximumMessageBytes)
    {
        /// <summary>The parts of a message that goes on.</summary>
        private ArrayBufferWriter<byte>? _parts;

        /// <summary>Takes the next message off the buffer; null where it is not all there yet.</summary>
        /// <exception cref="ProtocolException">A frame or a message is empty or too long.</exception>
        public byte[]? TryRead(ref ReadOnlySequence<byte> buffer)
        {
            while (TryReadFrame(ref buffer, out var part, out var more))
            {
                var before = _parts?.WrittenCount ?? 0;
                if (before + part.Length > maximumMessageBytes)
                {
                    throw new ProtocolException($"A message has more than {maximumMessageBytes} bytes.");
                }
                if (!more && _parts is null)
                {
                    var whole = GC.AllocateUninitializedArray<byte>((int)part.Length);
                    part.CopyTo(whole);
                    return whole;
                }
                _parts ??= new ArrayBufferWriter<byte>(2 * MaximumBytes);
                foreach (var segment in part)
                {
                    _parts.Write(segment.Span);
                }
                if (!more)
                {
                    var whole = _parts.WrittenSpan.ToArray();
                    _parts = null;
                    return whole;
                }
            }
            return null;
        }

        private static bool TryReadFrame(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> part, out bool more)
        {
            part = default;
            more = false;
            if (buffer.Length < HeaderBytes)
            {
                return false;
            }
            Span<byte> header = stackalloc byte[HeaderBytes];
            buffer.Slice(0, HeaderBytes).CopyTo(header);
            var value = BinaryPrimitives.ReadUInt32LittleEndian(header);
            more = (value & More) != 0;
            var length = value & ~More;
            if (length is 0 or > MaximumBytes)
            {
                throw new ProtocolException($"A frame announces {length} bytes; 1 to {MaximumBytes} are allowed.");
            }
            if (buffer.Length < HeaderBytes + length)
            {
                return false;
            }
            part = buffer.Slice(HeaderBytes, length);
            buffer = buffer.Slice(part.End);
            return true;
        }
    }
}
