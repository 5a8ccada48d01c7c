using System.Text;
using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

public sealed class EncoderTests
{
    private static readonly SocketId Id = SocketId.FromParts(ServerId.NewProcess(), 42);

    [Theory]
    [InlineData("/", "hello", "[]", null, "42[\"hello\"]")]
    [InlineData("/", "hello", "[1,\"2\"]", null, "42[\"hello\",1,\"2\"]")]
    [InlineData("/admin", "hello", "[1]", null, "42/admin,[\"hello\",1]")]
    [InlineData("/admin", "hello", "[1]", 12L, "42/admin,12[\"hello\",1]")]
    [InlineData("/", "a\"\\\n€𝄞", "[]", 0L, "420[\"a\\\"\\\\\\n€𝄞\"]")]
    public void An_event_is_its_name_before_its_arguments(string @namespace, string name, string arguments, long? id, string expected)
    {
        var packet = SocketIOEncoder.Event(@namespace, name, Encoding.UTF8.GetBytes(arguments), [], id);

        Assert.Equal(expected.Replace("𝄞", "\\uD834\\uDD1E", StringComparison.Ordinal), Text(packet).Replace("𝄞", "\\uD834\\uDD1E", StringComparison.Ordinal));
        Assert.Equal(packet.TextPacket.ToArray(), packet.Frames[2..].ToArray());
        Assert.Equal(0x81, packet.Frames.Span[0]);
        Assert.Equal(packet.TextPacket.Length, packet.Frames.Span[1]);
    }

    [Fact]
    public void Everything_else_is_written_as_the_protocol_says()
    {
        Assert.Equal($"40{{\"sid\":\"{Id}\"}}", Text(SocketIOEncoder.Connect("/", Id)));
        Assert.Equal($"40/a,{{\"sid\":\"{Id}\"}}", Text(SocketIOEncoder.Connect("/a", Id)));
        Assert.Equal("44/a,{\"message\":\"Invalid namespace\"}", Text(SocketIOEncoder.ConnectError("/a", "Invalid namespace", default)));
        Assert.Equal("44{\"message\":\"no\",\"data\":{\"a\":1}}", Text(SocketIOEncoder.ConnectError("/", "no", "{\"a\":1}"u8.ToArray())));
        Assert.Equal("41", Text(SocketIOEncoder.Disconnect("/")));
        Assert.Equal("41/a,", Text(SocketIOEncoder.Disconnect("/a")));
        Assert.Equal("4313[1]", Text(SocketIOEncoder.Ack("/", 13, "[1]"u8.ToArray(), [])));
        Assert.Equal("43/a,13[]", Text(SocketIOEncoder.Ack("/a", 13, "[]"u8.ToArray(), [])));
    }

    [Fact]
    public void Attachments_follow_in_the_form_of_each_transport()
    {
        var json = BinaryArguments.Write(
            [new byte[] { 1, 2 }, new { x = new ReadOnlyMemory<byte>([3]) }, null, "a"], JsonSerializerOptions.Web, out var attachments);
        var packet = SocketIOEncoder.Event("/", "hello", json, attachments);

        Assert.Equal("452-[\"hello\",{\"_placeholder\":true,\"num\":0},{\"x\":{\"_placeholder\":true,\"num\":1}},null,\"a\"]", Text(packet));
        Assert.Equal(2, packet.Attachments.Count);
        Assert.Equal(Text(packet) + "\u001ebAQI=\u001ebAw==", Encoding.UTF8.GetString(packet.Payload.Span));
        Assert.Equal([0x82, 2, 1, 2, 0x82, 1, 3], packet.Frames[^7..].ToArray());
        Assert.Equal([0x81, 5, .. "bAQI="u8, 0x81, 5, .. "bAw=="u8], packet.Base64Frames[^14..].ToArray());
    }

    [Fact]
    public void Bytes_are_base64_where_no_attachments_are_wanted() =>
        Assert.Equal("[\"AQI=\"]", Encoding.UTF8.GetString(ArgumentsWriter.Write([new byte[] { 1, 2 }], JsonSerializerOptions.Web)));

    [Fact]
    public void What_is_written_is_read_again_to_the_same()
    {
        var random = new Random(5);
        var decoder = new SocketIODecoder(JsonSerializerOptions.Web, 10);
        for (var i = 0; i < 2000; i++)
        {
            var arguments = Enumerable.Range(0, random.Next(5)).Select(_ => Argument(random)).ToArray();
            var json = BinaryArguments.Write(arguments, JsonSerializerOptions.Web, out var attachments);
            if (attachments.Count > 10)
            {
                continue;
            }
            var @namespace = random.Next(2) == 0 ? "/" : "/n" + random.Next();
            long? id = random.Next(2) == 0 ? null : random.NextInt64(1L << 53);
            var written = SocketIOEncoder.Event(@namespace, "e" + random.Next(), json, attachments, id);
            Assert.Null(decoder.Add(false, written.TextPacket.Span[1..], out var read));
            foreach (var attachment in written.Attachments)
            {
                Assert.Null(decoder.Add(true, attachment.Span, out read));
            }
            Assert.Equal((@namespace, id, arguments.Length), (read!.Namespace, read.Id, read.Arguments.Count));
            Assert.Equal(json, read.Arguments.ToJsonArray());
        }
    }

    private static object? Argument(Random random) => random.Next(6) switch
    {
        0 => random.Next(),
        1 => new string((char)random.Next(' ', 0x2000), random.Next(200)),
        2 => null,
        3 => new byte[random.Next(70_000)],
        4 => new { a = new[] { 1, 2 }, b = new byte[random.Next(300)], c = "\u001e" },
        _ => new[] { new[] { true }, [] },
    };

    private static string Text(OutboundPacket packet) => Encoding.UTF8.GetString(packet.TextPacket.Span);
}
