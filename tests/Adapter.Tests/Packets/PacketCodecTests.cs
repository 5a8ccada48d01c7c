using System.Text;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Tests.Packets;

public sealed class PacketCodecTests
{
    private static readonly byte[] Full = PacketCodec.Encode(
        "said ✓", Encoding.UTF8.GetBytes("""["a",{"b":1}]"""), [new byte[] { 1, 2, 3 }, Array.Empty<byte>()], [new PacketEncoding("messagepack",
            new byte[] { 9, 8 })]);

    [Fact]
    public void What_was_written_is_read()
    {
        var packet = PacketCodec.Decode(Full, BroadcastFlags.Volatile);

        Assert.Equal("said ✓", packet.Event);
        Assert.Equal("""["a",{"b":1}]""", Encoding.UTF8.GetString(packet.Arguments.Span));
        Assert.Equal([[1, 2, 3], []], packet.Attachments.Select(attachment => attachment.ToArray()));
        var encoding = Assert.Single(packet.Encodings);
        Assert.Equal("messagepack", encoding.Protocol);
        Assert.Equal([9, 8], encoding.Bytes.ToArray());
        Assert.True(packet.IsVolatile);
    }

    [Fact]
    public void A_packet_of_nothing_is_a_packet()
    {
        var packet = PacketCodec.Decode(PacketCodec.Encode("", [], [], []), BroadcastFlags.None);

        Assert.Equal("", packet.Event);
        Assert.True(packet.Arguments.IsEmpty);
        Assert.Empty(packet.Attachments);
        Assert.Empty(packet.Encodings);
        Assert.False(packet.IsVolatile);
    }

    [Fact]
    public void Another_version_is_refused_by_name()
    {
        var bytes = Full.ToArray();
        bytes[0] = 2;

        var error = Assert.Throws<InvalidDataException>(() => PacketCodec.Decode(bytes, BroadcastFlags.None));

        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => PacketCodec.Decode(default, BroadcastFlags.None));
    }

    [Fact]
    public void A_packet_that_is_cut_off_anywhere_is_refused()
    {
        for (var length = 0; length < Full.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => PacketCodec.Decode(Full.AsMemory(0, length), BroadcastFlags.None));
        }
    }

    [Fact]
    public void Garbage_is_read_or_refused_and_nothing_else()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Full.ToArray();
            for (var changes = 1 + random.Next(4); changes > 0; changes--)
            {
                bytes[1 + random.Next(bytes.Length - 1)] = (byte)random.Next(256);
            }
            try
            {
                PacketCodec.Decode(bytes, BroadcastFlags.None);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void What_a_front_derives_is_made_once_for_each_front()
    {
        var packet = PacketCodec.Decode(Full, BroadcastFlags.None);
        var (one, another) = (new object(), new object());
        var made = 0;

        string Derive(object key) => packet.Derive(key, "x", (p, state) =>
        {
            made++;
            return state + p.Event;
        });

        Assert.Same(Derive(one), Derive(one));
        Assert.NotSame(Derive(one), Derive(another));
        Assert.Equal(2, made);
    }
}
