using System.Text.Json;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

/// <summary>MessagePack that is no packet is refused with what is wrong, and costs no more than its bytes.</summary>
public sealed class MessagePackBrokenTests
{
    /// <summary>The members <c>type</c>, an event, and <c>nsp</c>.</summary>
    private const string Event = "a47479706502a36e7370a12f";

    private const string Data = "a464617461";

    private static readonly PacketFormat Format = SocketIOParser.MessagePack.Format;

    [Theory]
    [InlineData("", "1 bytes are announced, and 0 are left")]
    [InlineData("93", "no map")]
    [InlineData("c0", "no map")]
    [InlineData("80", "unknown packet type")]
    [InlineData("81a47479706502", "without a namespace")]
    [InlineData("82a47479706505a36e7370a12f", "unknown packet type")]
    [InlineData("82a474797065ffa36e7370a12f", "unknown packet type")]
    [InlineData("82a474797065cb4000000000000000a36e7370a12f", "not whole")]
    [InlineData("82a474797065cfffffffffffffffffa36e7370a12f", "too large")]
    [InlineData("82a474797065c0a36e7370a12f", "not whole")]
    [InlineData("82a47479706502a36e737001", "no text")]
    [InlineData("82a47479706502a36e7370a0", "invalid namespace")]
    [InlineData("82a47479706502a36e7370a161", "invalid namespace")]
    [InlineData("82" + Event + "00", "bytes behind a packet")]
    [InlineData("83" + Event + "a47479706502", "twice")]
    [InlineData("83" + Event + "a36e7370a12f", "twice")]
    [InlineData("84" + Event + "a2696401a2696401", "twice")]
    [InlineData("84" + Event + Data + "91a161" + Data + "91a161", "twice")]
    [InlineData("83" + Event + "0102", "a name that is no text")]
    [InlineData("83" + Event + "c0c0", "a name that is no text")]
    public void A_map_that_is_no_packet(string hex, string expected) => Refused(hex, expected);

    [Theory]
    [InlineData("ff", "illegal id")]
    [InlineData("cf0020000000000000", "illegal id")]
    [InlineData("c0", "not whole")]
    [InlineData("cb3ff8000000000000", "not whole")]
    [InlineData("a131", "not whole")]
    public void An_id_that_is_none(string id, string expected) => Refused("84" + Event + Data + "91a161a26964" + id, expected);

    [Theory]
    [InlineData("82" + Event, "invalid payload")]
    [InlineData("83" + Event + Data + "d40000", "invalid payload")]
    [InlineData("83" + Event + Data + "c0", "invalid payload")]
    [InlineData("83" + Event + Data + "80", "invalid payload")]
    [InlineData("83" + Event + Data + "a161", "invalid payload")]
    [InlineData("83" + Event + Data + "90", "invalid payload")]
    [InlineData("83" + Event + Data + "91c3", "invalid payload")]
    [InlineData("83" + Event + Data + "91a7636f6e6e656374", "invalid payload")]
    [InlineData("83a47479706500a36e7370a12f" + Data + "90", "invalid payload")]
    [InlineData("83a47479706500a36e7370a12f" + Data + "c0", "invalid payload")]
    [InlineData("83a47479706501a36e7370a12f" + Data + "80", "invalid payload")]
    [InlineData("83a47479706503a36e7370a12f" + Data + "90", "invalid payload")]
    [InlineData("83a47479706504a36e7370a12f" + Data + "01", "invalid payload")]
    public void Data_that_the_type_may_not_have(string hex, string expected) => Refused(hex, expected);

    [Theory]
    [InlineData("a5616263", "5 bytes are announced, and 3 are left")]
    [InlineData("d9ff61", "255 bytes are announced")]
    [InlineData("daffff61", "65535 bytes are announced")]
    [InlineData("dbffffffff61", "4294967295 bytes are announced")]
    [InlineData("c4ff61", "255 bytes are announced")]
    [InlineData("c5ffff61", "65535 bytes are announced")]
    [InlineData("c6ffffffff61", "4294967295 bytes are announced")]
    [InlineData("c7ff00", "255 bytes are announced")]
    [InlineData("c8ffff00", "65535 bytes are announced")]
    [InlineData("c9ffffffff00", "4294967295 bytes are announced")]
    [InlineData("9f61", "15 elements are announced, and 1 bytes are left")]
    [InlineData("dcffff61", "65535 elements are announced")]
    [InlineData("ddffffffff61", "4294967295 elements are announced")]
    [InlineData("8161", "1 elements are announced, and 1 bytes are left")]
    [InlineData("deffff61", "65535 elements are announced")]
    [InlineData("dfffffffff6161", "4294967295 elements are announced")]
    [InlineData("cb00", "8 bytes are announced")]
    [InlineData("ca00", "4 bytes are announced")]
    [InlineData("cf00", "8 bytes are announced")]
    [InlineData("d300", "8 bytes are announced")]
    [InlineData("dc", "2 bytes are announced")]
    [InlineData("d8", "1 bytes are announced")]
    public void More_is_announced_than_there_is(string value, string expected) => Refused("83" + Event + Data + "92a161" + value, expected);

    [Theory]
    [InlineData("c1", "begins no value: c1")]
    [InlineData("a180", "not valid UTF-8")]
    [InlineData("a3eda080", "not valid UTF-8")]
    [InlineData("8101a0", "a name that is no text")]
    [InlineData("81c40161a0", "a name that is no text")]
    [InlineData("81a180a0", "not valid UTF-8")]
    [InlineData("d40100", "unknown type 1")]
    [InlineData("d8fe00000000000000000000000000000000", "unknown type -2")]
    [InlineData("c70105aa", "unknown type 5")]
    [InlineData("d4ff00", "a timestamp of 1 bytes")]
    [InlineData("c70dff00000000000000000000000000", "a timestamp of 13 bytes")]
    [InlineData("d7ffffffffffffffffff", "more than a second of nanoseconds")]
    [InlineData("c70cffffffffff0000000000000000", "more than a second of nanoseconds")]
    public void A_value_that_is_none(string value, string expected) => Refused("83" + Event + Data + "92a161" + value + "a0", expected);

    [Fact]
    public void Data_may_be_as_deep_as_JSON_and_no_deeper()
    {
        Assert.Null(Add("83" + Event + Data + "92a161" + string.Concat(Enumerable.Repeat("91", 62)) + "90", out var packet));
        Assert.Single(packet!.Arguments);
        Refused("83" + Event + Data + "92a161" + string.Concat(Enumerable.Repeat("91", 63)) + "90", "deeper than 64 levels");
        Refused("83" + Event + Data + "92a161" + string.Concat(Enumerable.Repeat("81a161", 100_000)), "deeper than 64 levels");
        Refused("83" + Event + "a178" + string.Concat(Enumerable.Repeat("91", 100_000)), "deeper than 64 levels");
    }

    [Fact]
    public void A_packet_has_no_more_attachments_than_it_may()
    {
        Assert.Null(Add("83" + Event + Data + "9ba161" + string.Concat(Enumerable.Repeat("c40101", 10)), out var packet));
        Assert.Equal(10, packet!.Arguments.Attachments.Count);
        Refused("83" + Event + Data + "9ca161" + string.Concat(Enumerable.Repeat("c40101", 11)), "too many attachments");
    }

    /// <summary>Passed on, it would stand for bytes that are not there, and end the connections of those who get it.</summary>
    [Theory]
    [InlineData("82ac5f706c616365686f6c646572c3a36e756d00")]
    [InlineData("82ac5f706c616365686f6c646572c3a36e756d05")]
    [InlineData("82a36e756d01ac5f706c616365686f6c646572c3")]
    [InlineData("83ac5f706c616365686f6c646572c3a36e756d00a178c40101")]
    public void An_object_that_looks_like_a_placeholder_beside_bytes_is_refused(string fake) =>
        Refused("83" + Event + Data + "93a161" + fake + "c40101", "illegal attachments");

    [Fact]
    public void Bytes_in_the_auth_payload_are_base64()
    {
        Assert.Null(Add("83a47479706500a36e7370a12f" + Data + "81a161c4020102", out var packet));
        Assert.Equal("{\"a\":\"AQI=\"}", System.Text.Encoding.UTF8.GetString(packet!.Payload.Span));
    }

    [Fact]
    public void Text_is_no_packet()
    {
        var error = Format.NewDecoder(JsonSerializerOptions.Web, 10, null).Add(false, "0"u8.ToArray(), out var packet);
        Assert.Contains("another parser", error, StringComparison.Ordinal);
        Assert.Null(packet);
    }

    /// <summary>A few bytes that announce gigabytes get no memory.</summary>
    [Fact]
    public void What_is_announced_is_not_allocated()
    {
        var bytes = Convert.FromHexString("83" + Event + Data + "92a161ddffffffff");
        var decoder = Format.NewDecoder(JsonSerializerOptions.Web, 10, null);
        decoder.Add(true, bytes, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Add(true, bytes, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 10);
    }

    /// <summary>Official clients send one. By hundreds of thousands they must not cost a buffer each, before the client is even in.</summary>
    [Fact]
    public void Members_that_nobody_knows_cost_no_memory()
    {
        var bytes = Convert.FromHexString("df00004e20" + string.Concat(Enumerable.Repeat("a0c0", 20_000)));
        var decoder = Format.NewDecoder(JsonSerializerOptions.Web, 10, null);
        decoder.Add(true, bytes, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("unknown packet type", decoder.Add(true, bytes, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 10);
    }

    [Theory]
    [InlineData("05")]
    [InlineData("e0")]
    [InlineData("c0")]
    [InlineData("c3")]
    [InlineData("cc05")]
    [InlineData("d105dc")]
    [InlineData("ca3ff80000")]
    [InlineData("ce00000005")]
    [InlineData("cb3ff8000000000000")]
    [InlineData("cf0000000000000005")]
    [InlineData("a3616263")]
    [InlineData("d903616263")]
    [InlineData("c403010203")]
    [InlineData("c50003010203")]
    [InlineData("c600000003010203")]
    [InlineData("93a161c40101d40000")]
    [InlineData("dc000101")]
    [InlineData("82a16101a16281a16301")]
    [InlineData("de0001a16101")]
    [InlineData("d7ff0000000000000000")]
    [InlineData("c70200ffff")]
    public void A_member_that_nobody_knows_is_passed_over_and_has_to_be_whole(string value)
    {
        Assert.Null(Add("84" + Event + "a178" + value + Data + "92a16101", out var packet));
        Assert.Equal(1, packet!.Arguments.Get<int>(0));
        if (value.Length > 2)
        {
            Refused("83" + Event + "a178" + value[..^2], "announced");
        }
    }

    [Theory]
    [InlineData("c1", "begins no value: c1")]
    [InlineData("a180", "not valid UTF-8")]
    [InlineData("8101a0", "a name that is no text")]
    public void A_member_that_nobody_knows_has_to_be_MessagePack(string value, string expected) => Refused("83" + Event + "a178" + value + "a0", expected);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_decoder_takes_or_refuses_everything(int seed)
    {
        var random = new Random(seed);
        var (taken, refused) = (0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var bytes = Convert.FromHexString(Good[random.Next(Good.Length)]);
            for (var changes = random.Next(3); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(0x80 + random.Next(0x70));
            }
            if (Format.NewDecoder(JsonSerializerOptions.Web, 10, null).Add(true, bytes, out var packet) is not null)
            {
                refused++;
                Assert.Null(packet);
                continue;
            }
            taken++;
            JsonDocument.Parse(packet!.Arguments.ToJsonArray()).Dispose();
            Assert.NotEmpty(Format.Event(packet.Namespace, "again", packet.Arguments.ToJsonArray(), packet.Arguments.Attachments, packet.Id).Attachments);
        }
        Assert.True(taken > Cases / 20 && refused > Cases / 20, $"{taken} were taken, and {refused} refused.");
    }

    private static readonly string[] Good =
    [
        "83a47479706500a46461746181a5746f6b656ea178a36e7370a62f61646d696e", "82a47479706501a36e7370a12f",
        "85a47479706502a46461746193a166c40301020381a161c400a76f7074696f6e7381a8636f6d7072657373c3a2696407a36e7370a12f",
        "84a47479706503a2696403a46461746195c7010009d7000000018bcfe5687bd700ffffffffffffffffd4000082a175d40000a16401a36e7370a12f",
        "83a47479706502a36e7370a12fa464617461dc0010a47361696401ffccc8ce00011170cf000000012a05f200d1ff38d2fffeee90d3fffffffed5fa0e00cb3ff8000000000000"
            + "c3c2c0ab6772c3bcc39f20f09f99829080",
    ];

    private static int Cases => Environment.GetEnvironmentVariable("ORLEANSADAPTER_FULL") is null ? 30_000 : 1_000_000;

    private static void Refused(string hex, string expected)
    {
        Assert.Contains(expected, Add(hex, out var packet), StringComparison.Ordinal);
        Assert.Null(packet);
    }

    private static string? Add(string hex, out ReceivedPacket? packet) =>
        Format.NewDecoder(JsonSerializerOptions.Web, 10, null).Add(true, Convert.FromHexString(hex), out packet);
}
