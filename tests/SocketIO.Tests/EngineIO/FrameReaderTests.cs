using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.SocketIO.Tests.EngineIO;

public sealed class FrameReaderTests
{
    private const int Limit = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void Messages_are_put_together_however_they_are_cut(int segment)
    {
        var random = new Random(segment);
        List<byte> wire = [];
        List<(bool IsBinary, byte[] Data)> sent = [];
        foreach (var length in new[] { 0, 1, 125, 126, 127, 3000, 65535, 65536, 90_000 })
        {
            foreach (var isBinary in new[] { true, false })
            {
                var data = new byte[length];
                random.NextBytes(data);
                data = isBinary ? data : Encoding.ASCII.GetBytes(Convert.ToBase64String(data)[..length]);
                sent.Add((isBinary, data));
                var first = random.Next(length + 1);
                var second = random.Next(first, length + 1);
                wire.AddRange(Frame(isBinary ? 2 : 1, data[..first], isLast: false, random.Next()));
                wire.AddRange(Frame(9, "ping"u8.ToArray(), mask: random.Next()));
                wire.AddRange(Frame(0, data[first..second], isLast: false, random.Next()));
                wire.AddRange(Frame(10, [], mask: random.Next()));
                wire.AddRange(Frame(0, data[second..], mask: random.Next()));
            }
        }
        var reader = new FrameReader(Limit);
        var (messages, pings) = (new List<(bool IsBinary, byte[] Data)>(), 0);
        foreach (var found in ReadEach(reader, [.. wire], segment))
        {
            if (found == FrameReading.Ping)
            {
                Assert.Equal("ping"u8.ToArray(), reader.Control);
                pings++;
                continue;
            }
            Assert.Equal(FrameReading.Message, found);
            messages.Add((reader.IsBinary, reader.Message.ToArray()));
            reader.Release();
        }

        Assert.Equal(sent.Count, pings);
        Assert.Equal(sent.Count, messages.Count);
        Assert.All(
            sent.Zip(messages), pair => Assert.True(pair.First.IsBinary == pair.Second.IsBinary && pair.First.Data.AsSpan().SequenceEqual(pair.Second.Data)));
    }

    public static TheoryData<string, byte[]> Forbidden => new()
    {
        { "not masked", [0x81, 0x01, (byte)'a'] },
        { "reserved bit", [0xc1, 0x80, 0, 0, 0, 0] },
        { "unknown type", [0x83, 0x80, 0, 0, 0, 0] },
        { "unknown control", [0x8b, 0x80, 0, 0, 0, 0] },
        { "control in pieces", [0x09, 0x80, 0, 0, 0, 0] },
        { "long control", [0x89, 0xfe, 0, 126, 0, 0, 0, 0] },
        { "nothing to continue", [0x80, 0x80, 0, 0, 0, 0] },
        { "a message in a message", [0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0] },
        { "negative length", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0] },
        { "half a close code", [0x88, 0x81, 0, 0, 0, 0, 3] },
        { "close code 999", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7] },
        { "close code 1005", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed] },
        { "close code 1006", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xee] },
        { "close code 1016", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf8] },
        { "close code 5000", [0x88, 0x82, 0, 0, 0, 0, 0x13, 0x88] },
        { "a reason that is no UTF-8", [0x88, 0x83, 0, 0, 0, 0, 0x03, 0xe8, 0xff] },
        { "125 in two bytes", [0x82, 0xfe, 0, 125, 0, 0, 0, 0] },
        { "65,535 in eight bytes", [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void What_RFC_6455_forbids_is_an_error(string what, byte[] wire)
    {
        foreach (var segment in new[] { 1, 100 })
        {
            Assert.True(ReadAll(new FrameReader(Limit), wire, segment).Last() == FrameReading.Error, what);
        }
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1000, "")]
    [InlineData(1001, "going away")]
    [InlineData(1003, "€")]
    [InlineData(1014, "")]
    [InlineData(3000, "")]
    [InlineData(4999, "mine")]
    public void A_close_ends_it(int code, string reason) =>
        Assert.Equal(
            [FrameReading.Close],
            ReadAll(new FrameReader(Limit), Frame(8, code == 0 ? [] : [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]), 1));

    [Fact]
    public void Text_has_to_be_UTF_8_though_not_in_each_piece()
    {
        var euro = "€"u8.ToArray();

        Assert.Equal([FrameReading.Message], ReadAll(new FrameReader(Limit), [.. Frame(1, euro[..1], isLast: false), .. Frame(0, euro[1..])], 1));
        Assert.Equal([FrameReading.InvalidText], ReadAll(new FrameReader(Limit), Frame(1, euro[..2]), 1));
    }

    [Fact]
    public void A_message_over_the_limit_is_refused_before_it_comes()
    {
        Assert.Equal([FrameReading.TooBig], ReadAll(new FrameReader(9), Frame(1, new byte[10])[..6], 1));
        Assert.Equal([FrameReading.TooBig], ReadAll(new FrameReader(9), [.. Frame(1, new byte[5], isLast: false), .. Frame(0, new byte[5])], 3));
        Assert.Equal([FrameReading.TooBig], ReadAll(new FrameReader(9), [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 3));
        Assert.Equal([FrameReading.Message], ReadAll(new FrameReader(9), [.. Frame(2, new byte[5], isLast: false), .. Frame(0, new byte[4])], 3));
    }

    [Fact]
    public void Many_pongs_at_once_are_nothing()
    {
        var pongs = Enumerable.Repeat(Frame(10, []), 100_000).SelectMany(frame => frame).ToArray();

        Assert.Equal([FrameReading.Message], ReadAll(new FrameReader(9), [.. pongs, .. Frame(1, "a"u8.ToArray())], 1_000_000));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var random = new Random(17);
        for (var i = 0; i < 20_000; i++)
        {
            var wire = new byte[random.Next(60)];
            random.NextBytes(wire);
            if (wire.Length > 1)
            {
                (wire[0], wire[1]) = ((byte)(wire[0] & 0x8f), (byte)(wire[1] | 0x80));
            }
            ReadAll(new FrameReader(Limit), wire, random.Next(1, 20));
        }
    }

    private static List<FrameReading> ReadAll(FrameReader reader, byte[] wire, int segment) => [.. ReadEach(reader, wire, segment)];

    /// <summary>Gives the reader one segment more whenever it asks for more, and what it left over with it.</summary>
    private static IEnumerable<FrameReading> ReadEach(FrameReader reader, byte[] wire, int segment)
    {
        var (start, end) = (0, 0);
        while (true)
        {
            var buffer = new ReadOnlySequence<byte>(wire, start, end - start);
            var found = reader.Read(ref buffer);
            start = end - (int)buffer.Length;
            if (found != FrameReading.More)
            {
                yield return found;
                if (found is not (FrameReading.Message or FrameReading.Ping))
                {
                    yield break;
                }
            }
            else if (end == wire.Length)
            {
                yield break;
            }
            else
            {
                end = Math.Min(wire.Length, end + segment);
            }
        }
    }

    private static byte[] Frame(int type, byte[] data, bool isLast = true, int mask = 0x12345678)
    {
        List<byte> frame = [(byte)(type | (isLast ? 0x80 : 0))];
        var length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, data.Length);
        frame.AddRange(data.Length < 126 ? [(byte)(0x80 | data.Length)] : data.Length < 65536 ? [0xfe, .. length[6..]] : [0xff, .. length]);
        var key = BitConverter.GetBytes(mask);
        frame.AddRange(key);
        frame.AddRange(data.Select((each, i) => (byte)(each ^ key[i & 3])));
        return [.. frame];
    }
}
