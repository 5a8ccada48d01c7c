using System.Buffers;
using OrleansAdapter.Codec;
using OrleansAdapter.Grains.Local;

namespace OrleansAdapter.Grains.Tests.Local;

public sealed class LinkFramesTests
{
    [Fact]
    public void Messages_of_any_length_come_out_as_they_went_in_however_the_bytes_are_cut()
    {
        int[] lengths = [1, 5, 300, 70_000, LinkFrames.MaximumBytes - 1, LinkFrames.MaximumBytes, LinkFrames.MaximumBytes + 1, (3 * LinkFrames.MaximumBytes) + 17, 2];
        var random = new Random(1);
        var messages = lengths.Select(length =>
        {
            var message = new byte[length];
            random.NextBytes(message);
            return message;
        }).ToArray();
        var wire = new ArrayBufferWriter<byte>();
        foreach (var message in messages)
        {
            LinkFrames.Write(wire, message);
        }

        List<byte[]> read = [];
        var reader = new LinkFrames.Reader(1 << 30);
        var pending = new List<byte>();
        for (var at = 0; at < wire.WrittenCount;)
        {
            var take = Math.Min(random.Next(1, random.Next(2) == 0 ? 10 : 200_000), wire.WrittenCount - at);
            pending.AddRange(wire.WrittenSpan.Slice(at, take));
            at += take;
            var buffer = Segmented([.. pending], random);
            while (reader.TryRead(ref buffer) is { } message)
            {
                read.Add(message);
            }
            pending = [.. buffer.ToArray()];
        }

        Assert.Equal(messages.Length, read.Count);
        Assert.All(messages.Zip(read), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second)));
        Assert.Empty(pending);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData((1u << 20) + 1)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0x8000_0000u)]
    public void A_frame_that_is_empty_or_too_long_is_refused_before_it_is_there(uint header)
    {
        var buffer = new ReadOnlySequence<byte>(BitConverter.GetBytes(header));

        Assert.Contains("A frame announces", Assert.Throws<ProtocolException>(() => new LinkFrames.Reader(1 << 30).TryRead(ref buffer)).Message);
    }

    [Fact]
    public void A_message_over_the_limit_is_refused_at_the_frame_that_exceeds_it()
    {
        var wire = new ArrayBufferWriter<byte>();
        LinkFrames.Write(wire, new byte[5 * LinkFrames.MaximumBytes]);
        var frame = LinkFrames.HeaderBytes + LinkFrames.MaximumBytes;
        var reader = new LinkFrames.Reader(3 * LinkFrames.MaximumBytes);

        var allowed = new ReadOnlySequence<byte>(wire.WrittenMemory[..(3 * frame)]);
        Assert.Null(reader.TryRead(ref allowed));
        var tooMuch = new ReadOnlySequence<byte>(wire.WrittenMemory.Slice(3 * frame, frame));

        Assert.Contains("more than 3145728 bytes", Assert.Throws<ProtocolException>(() => reader.TryRead(ref tooMuch)).Message);
    }

    private static ReadOnlySequence<byte> Segmented(byte[] bytes, Random random)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, null);
        var last = first;
        for (var at = 0; at < bytes.Length;)
        {
            var take = Math.Min(random.Next(1, 100_000), bytes.Length - at);
            last = new Segment(bytes.AsMemory(at, take), last);
            at += take;
        }
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
