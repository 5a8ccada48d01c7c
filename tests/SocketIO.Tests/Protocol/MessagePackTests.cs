using System.Text;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

/// <summary>Packets as <c>socket.io-msgpack-parser</c> 3.0.2 has them: what it wrote is read, and what is written has the same values.</summary>
public sealed class MessagePackTests
{
    private static readonly PacketFormat Format = SocketIOParser.MessagePack.Format;

    [Theory]
    [InlineData("83a47479706500a464617461d40000a36e7370a12f", nameof(SocketIOPacketType.Connect), "/", "")]
    [InlineData("83a47479706500a46461746181a5746f6b656ea178a36e7370a62f61646d696e", nameof(SocketIOPacketType.Connect), "/admin", "{\"token\":\"x\"}")]
    [InlineData("82a47479706501a36e7370a12f", nameof(SocketIOPacketType.Disconnect), "/", "")]
    public void What_the_official_parser_writes_of_a_clients_coming_and_going_is_read(string hex, string type, string @namespace, string payload)
    {
        var packet = Read(hex);

        Assert.Equal((type, @namespace, (long?)null), (packet.Type.ToString(), packet.Namespace, packet.Id));
        Assert.Equal(payload, Encoding.UTF8.GetString(packet.Payload.Span));
    }

    [Fact]
    public void What_the_official_parser_writes_of_an_event_is_read_with_every_kind_of_value()
    {
        var packet = Read(
            "84a47479706502a464617461dc0010a47361696401ffccc8ce00011170cf000000012a05f200d1ff38d2fffeee90d3fffffffed5fa0e00cb3ff8000000000000c3c2c0ab6772c3bcc3"
            + "9f20f09f99829080a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f");

        Assert.Equal((SocketIOPacketType.Event, "said", (long?)null), (packet.Type, packet.Event, packet.Id));
        Assert.Equal("""[1,-1,200,70000,5000000000,-200,-70000,-5000000000,1.5,true,false,null,"grüß \uD83D\uDE42",[],{}]""", Arguments(packet));
    }

    [Fact]
    public void Bytes_of_the_official_parser_are_attachments()
    {
        var packet = Read("85a47479706502a46461746193a166c40301020381a161c400a76f7074696f6e7381a8636f6d7072657373c3a2696407a36e7370a12f");

        Assert.Equal(("f", 7L), (packet.Event, packet.Id));
        Assert.Equal([1, 2, 3], packet.Arguments.Get<byte[]>(0)!);
        Assert.Equal([], packet.Arguments.Get<Dictionary<string, byte[]>>(1)!["a"]);
    }

    /// <summary>An ArrayBuffer, two dates, undefined alone and as a member.</summary>
    [Fact]
    public void JavaScripts_own_values_are_read_as_JSON_would_have_them()
    {
        var packet = Read(
            "84a47479706503a2696403a46461746195c7010009d7000000018bcfe5687bd700ffffffffffffffffd4000082a175d40000a16401a36e7370a12f");

        Assert.Equal((SocketIOPacketType.Ack, 3L), (packet.Type, packet.Id));
        Assert.Equal([9], packet.Arguments.Get<byte[]>(0)!);
        Assert.Equal(
            ["\"2023-11-14T22:13:20.123Z\"", "\"1969-12-31T23:59:59.999Z\"", "null", "{\"d\":1}"],
            Enumerable.Range(1, 4).Select(index => Encoding.UTF8.GetString(packet.Arguments.GetJson(index).Span)));
    }

    [Theory]
    [InlineData(0, 0, "1970-01-01T00:00:00.000Z")]
    [InlineData(951_782_400, 1_000_000, "2000-02-29T00:00:00.001Z")]
    [InlineData(-1, 999_000_001, "1969-12-31T23:59:59.999000001Z")]
    [InlineData(-62_167_219_200, 0, "0000-01-01T00:00:00.000Z")]
    [InlineData(-62_167_219_201, 0, "-000001-12-31T23:59:59.000Z")]
    [InlineData(253_402_300_800, 0, "+010000-01-01T00:00:00.000Z")]
    [InlineData(8_640_000_000_000, 0, "+275760-09-13T00:00:00.000Z")]
    [InlineData(-8_640_000_000_000, 0, "-271821-04-20T00:00:00.000Z")]
    [InlineData(8_640_000_000_000, 1, null)]
    [InlineData(long.MinValue, 0, null)]
    public void Dates_are_written_as_JavaScript_writes_them(long seconds, int nanoseconds, string? expected) =>
        Assert.Equal(expected, IsoDate.TryWrite(seconds, nanoseconds));

    [Fact]
    public void Dates_within_NETs_range_are_those_of_NET()
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var date = DateTimeOffset.FromUnixTimeSeconds(random.NextInt64(-62_135_596_800, 253_402_300_800));
            Assert.Equal(date.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null), IsoDate.TryWrite(date.ToUnixTimeSeconds(), 0));
        }
    }

    /// <summary>MessagePack's own time, in each of its three lengths.</summary>
    [Theory]
    [InlineData("d6ff6553f100", "2023-11-14T22:13:20.000Z")]
    [InlineData("d7ff000000046553f100", "2023-11-14T22:13:20.000000001Z")]
    [InlineData("c70cff00000000ffffffffffffffff", "1969-12-31T23:59:59.000Z")]
    public void Timestamps_of_other_clients_are_read_as_dates(string hex, string expected) =>
        Assert.Equal($"[\"{expected}\"]", Arguments(Read("83a47479706502a46461746192a161" + hex + "a36e7370a12f")));

    [Fact]
    public void Everything_is_written_as_the_official_parser_reads_it()
    {
        var id = SocketId.FromParts(ServerId.NewProcess(), 42);

        Assert.Equal("82a47479706501a36e7370a12f", Hex(Format.Disconnect("/")));
        Assert.Equal(
            "83a47479706500a36e7370a22f61a46461746181a3736964b4" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(id.ToString())),
            Hex(Format.Connect("/a", id, null)));
        Assert.Equal(
            "83a47479706504a36e7370a12fa46461746182a76d657373616765a26e6fa46461746181a16101", Hex(Format.ConnectError("/", "no", "{\"a\":1}"u8.ToArray())));
        Assert.Equal("84a47479706503a36e7370a12fa4646174619101a26964cc80", Hex(Format.Ack("/", 128, "[1]"u8.ToArray(), [])));
        Assert.Equal(
            "83a47479706502a36e7370a12fa464617461dc0010a47361696401ffccc8ce00011170cf000000012a05f200d1ff38d2fffeee90d3fffffffed5fa0e00cb3ff8000000000000"
            + "c3c2c0ab6772c3bcc39f20f09f99829080",
            Hex(Format.Event(
                "/", "said", """[1,-1,200,70000,5000000000,-200,-70000,-5000000000,1.5,true,false,null,"grüß \ud83d\ude42",[],{}]"""u8.ToArray(), [])));
    }

    [Fact]
    public void Bytes_take_the_places_of_their_placeholders_and_half_a_character_becomes_the_one_that_says_so()
    {
        var bytes = new byte[300];
        var json = BinaryArguments.Write([bytes, new { x = new byte[] { 1 } }, bytes], JsonSerializerOptions.Web, out var attachments);
        var written = Hex(Format.Event("/", "e", json, attachments));

        var zeros = string.Concat(Enumerable.Repeat("00", 300));
        Assert.Equal($"83a47479706502a36e7370a12fa46461746194a165c5012c{zeros}81a178c40101c5012c{zeros}", written);
        Assert.Equal(
            "83a47479706502a36e7370a12fa46461746192a165a961efbfbd220aefbfbd",
            Hex(Format.Event("/", "e", Encoding.ASCII.GetBytes("""["a\ud800\"\n\udc00"]"""), [])));
    }

    [Fact]
    public void An_object_that_looks_like_a_placeholder_is_an_object_where_there_are_no_bytes()
    {
        var fake = "[{\"_placeholder\":true,\"num\":0}]"u8.ToArray();
        var packet = Read(Hex(Format.Event("/", "e", fake, [])));

        Assert.Equal(fake, packet.Arguments.ToJsonArray());
        Assert.Empty(packet.Arguments.Attachments);
    }

    [Fact]
    public void It_is_one_binary_message_in_the_form_of_each_transport()
    {
        var packet = Format.Disconnect("/");
        byte[] bytes = Convert.FromHexString("82a47479706501a36e7370a12f");

        Assert.True(packet.TextPacket.IsEmpty);
        Assert.Equal([0x82, (byte)bytes.Length, .. bytes], packet.Frames.ToArray());
        Assert.Equal("b" + Convert.ToBase64String(bytes), Encoding.ASCII.GetString(packet.Payload.Span));
        Assert.Equal("b" + Convert.ToBase64String(bytes), Encoding.ASCII.GetString(packet.Base64Frames.Span[2..]));
        var two = OutboundPacket.Create(0, 0, static (_, _) => { }, [bytes, bytes]);
        Assert.Equal([.. packet.Payload.Span, EnginePacket.Separator, .. packet.Payload.Span], two.Payload.ToArray());
    }

    [Fact]
    public void What_is_written_is_read_again_to_the_same()
    {
        var random = new Random(5);
        var decoder = Format.NewDecoder(JsonSerializerOptions.Web, 10, null);
        for (var i = 0; i < 2000; i++)
        {
            var arguments = Enumerable.Range(0, random.Next(20)).Select(_ => Argument(random)).ToArray();
            var json = BinaryArguments.Write(arguments, JsonSerializerOptions.Web, out var attachments);
            if (attachments.Count > 10)
            {
                continue;
            }
            long? id = random.Next(2) == 0 ? null : random.NextInt64(1L << random.Next(1, 53));
            var written = Format.Event("/n" + random.Next(), "e" + random.Next(), json, attachments, id);
            Assert.Null(decoder.Add(true, written.Attachments[0], out var read));
            Assert.Equal((id, arguments.Length), (read!.Id, read.Arguments.Count));
            var again = read.Arguments.ToJsonArray();
            Assert.Equal(JsonSerializer.Deserialize<JsonElement>(json), JsonSerializer.Deserialize<JsonElement>(again), JsonElement.DeepEquals);
            Assert.Equal(attachments.Count, read.Arguments.Attachments.Count);
            Assert.All(attachments.Zip(read.Arguments.Attachments), pair => Assert.True(pair.First.Span.SequenceEqual(pair.Second.Span)));
        }
    }

    private static object? Argument(Random random) => random.Next(7) switch
    {
        0 => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        1 => new string((char)random.Next(' ', 0x2000), random.Next(400)),
        2 => null,
        3 => new byte[random.Next(1, 70_000)],
        4 => new { a = new[] { 1, 2 }, b = random.NextDouble(), c = "\u001e" },
        5 => Enumerable.Range(0, random.Next(40)).ToDictionary(n => "k" + n),
        _ => new[] { new[] { true }, [] },
    };

    private static ReceivedPacket Read(string hex)
    {
        Assert.Null(Format.NewDecoder(JsonSerializerOptions.Web, 10, null).Add(true, Convert.FromHexString(hex), out var packet));
        return packet!;
    }

    private static string Arguments(ReceivedPacket packet) => Encoding.UTF8.GetString(packet.Arguments.ToJsonArray());

    private static string Hex(OutboundPacket packet) => Convert.ToHexStringLower(Assert.Single(packet.Attachments).Span);
}
