using System.Text;
using System.Text.Json;
using OrleansAdapter.Packets;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO.Tests.Protocol;

public sealed class DecoderTests
{
    private readonly SocketIODecoder _decoder = new(JsonSerializerOptions.Web, 10);

    [Theory]
    [InlineData("0", nameof(SocketIOPacketType.Connect), "/", null, "")]
    [InlineData("0{}", nameof(SocketIOPacketType.Connect), "/", null, "{}")]
    [InlineData("0{\"token\":\"123\"}", nameof(SocketIOPacketType.Connect), "/", null, "{\"token\":\"123\"}")]
    [InlineData("0/admin,", nameof(SocketIOPacketType.Connect), "/admin", null, "")]
    [InlineData("0/admin", nameof(SocketIOPacketType.Connect), "/admin", null, "")]
    [InlineData("0/admin,{\"a\":1}", nameof(SocketIOPacketType.Connect), "/admin", null, "{\"a\":1}")]
    [InlineData("0/ünï?x=y,", nameof(SocketIOPacketType.Connect), "/ünï?x=y", null, "")]
    [InlineData("1", nameof(SocketIOPacketType.Disconnect), "/", null, "")]
    [InlineData("1/admin,", nameof(SocketIOPacketType.Disconnect), "/admin", null, "")]
    [InlineData("4\"no\"", nameof(SocketIOPacketType.ConnectError), "/", null, "\"no\"")]
    [InlineData("4/a,{\"message\":\"no\"}", nameof(SocketIOPacketType.ConnectError), "/a", null, "{\"message\":\"no\"}")]
    public void A_packet_about_the_connection_is_read(string text, string type, string @namespace, long? id, string payload)
    {
        var packet = Read(text);

        Assert.Equal(type, packet.Type.ToString());
        Assert.Equal(@namespace, packet.Namespace);
        Assert.Equal(id, packet.Id);
        Assert.Equal(payload, Encoding.UTF8.GetString(packet.Payload.Span));
    }

    [Theory]
    [InlineData("2[\"hello\"]", "/", null, "hello", new string[0])]
    [InlineData("2[\"hello\",1,\"2\",{\"3\":[true]}]", "/", null, "hello", new[] { "1", "\"2\"", "{\"3\":[true]}" })]
    [InlineData("212[\"hello\",null]", "/", 12L, "hello", new[] { "null" })]
    [InlineData("2/admin,0[\"hello\", [ 1 , 2 ] ]", "/admin", 0L, "hello", new[] { "[ 1 , 2 ]" })]
    [InlineData("2[\"\"]", "/", null, "", new string[0])]
    [InlineData("2[7,1]", "/", null, "7", new[] { "1" })]
    [InlineData("2[\"€\\u20ac\"]", "/", null, "€€", new string[0])]
    [InlineData("2[\"a\",{\"_placeholder\":true,\"num\":9}]", "/", null, "a", new[] { "{\"_placeholder\":true,\"num\":9}" })]
    [InlineData("29007199254740991[\"a\"]", "/", 9007199254740991L, "a", new string[0])]
    [InlineData("50-[\"a\",1]", "/", null, "a", new[] { "1" })]
    public void An_event_is_read(string text, string @namespace, long? id, string name, string[] arguments)
    {
        var packet = Read(text);

        Assert.Equal(SocketIOPacketType.Event, packet.Type);
        Assert.Equal(@namespace, packet.Namespace);
        Assert.Equal(id, packet.Id);
        Assert.Equal(name, packet.Event);
        Assert.Equal(arguments, Enumerable.Range(0, packet.Arguments.Count).Select(i => Encoding.UTF8.GetString(packet.Arguments.GetJson(i).Span)));
    }

    [Theory]
    [InlineData("30[]", "/", 0L, 0)]
    [InlineData("3/a,13[1,\"x\"]", "/a", 13L, 2)]
    public void An_acknowledgement_is_read(string text, string @namespace, long id, int count)
    {
        var packet = Read(text);

        Assert.Equal((SocketIOPacketType.Ack, @namespace, id, count), (packet.Type, packet.Namespace, packet.Id, packet.Arguments.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("7")]
    [InlineData("9[]")]
    [InlineData(" 2[\"a\"]")]
    [InlineData("0[]")]
    [InlineData("0\"a\"")]
    [InlineData("0{")]
    [InlineData("0{}{}")]
    [InlineData("0{} x")]
    [InlineData("0/admin,[]")]
    [InlineData("1{}")]
    [InlineData("1/admin,null")]
    [InlineData("2")]
    [InlineData("2/admin,")]
    [InlineData("2/admin")]
    [InlineData("2{}")]
    [InlineData("2[]")]
    [InlineData("2[null]")]
    [InlineData("2[true]")]
    [InlineData("2[{}]")]
    [InlineData("2[[\"a\"]]")]
    [InlineData("2[\"a\"")]
    [InlineData("2[\"a\"]]")]
    [InlineData("2[\"a\",]")]
    [InlineData("2[\"a\" 1]")]
    [InlineData("2[\"a\"] 1")]
    [InlineData("2['a']")]
    [InlineData("2[\"a\",01]")]
    [InlineData("2[\"a\",NaN]")]
    [InlineData("2[\"a\",undefined]")]
    [InlineData("2[\"a\\x\"]")]
    [InlineData("2[\"\\ud800\"]")]
    [InlineData("2[\"a\u0001\"]")]
    [InlineData("2abc[\"a\"]")]
    [InlineData("2-1[\"a\"]")]
    [InlineData("21.5[\"a\"]")]
    [InlineData("21 [\"a\"]")]
    [InlineData("29007199254740992[\"a\"]")]
    [InlineData("299999999999999999999999[\"a\"]")]
    [InlineData("2[\"connect\"]")]
    [InlineData("2[\"connect_error\"]")]
    [InlineData("2[\"disconnect\"]")]
    [InlineData("2[\"disconnecting\"]")]
    [InlineData("2[\"newListener\"]")]
    [InlineData("2[\"removeListener\"]")]
    [InlineData("2[\"\\u0063onnect\"]")]
    [InlineData("3[]")]
    [InlineData("31{}")]
    [InlineData("31")]
    [InlineData("4")]
    [InlineData("4[]")]
    [InlineData("41")]
    [InlineData("5[\"a\"]")]
    [InlineData("5-[\"a\"]")]
    [InlineData("5x-[\"a\"]")]
    [InlineData("5-1-[\"a\"]")]
    [InlineData("51.0-[\"a\"]")]
    [InlineData("51")]
    [InlineData("51[\"a\"]")]
    [InlineData("511-[\"a\"]")]
    [InlineData("599999999999999999999-[\"a\"]")]
    [InlineData("51-{}")]
    [InlineData("51-")]
    [InlineData("61-[]")]
    public void What_is_not_a_packet_to_the_letter_is_refused(string text)
    {
        Assert.NotNull(_decoder.Add(false, Encoding.UTF8.GetBytes(text), out var packet));
        Assert.Null(packet);
    }

    [Fact]
    public void JSON_may_not_be_deeper_than_allowed()
    {
        static string Nested(int depth) => "2[\"a\"," + new string('[', depth) + new string(']', depth) + "]";

        Read(Nested(63));
        Assert.NotNull(_decoder.Add(false, Encoding.UTF8.GetBytes(Nested(64)), out _));
        Assert.NotNull(_decoder.Add(false, Encoding.UTF8.GetBytes("2[\"a\"," + new string('[', 500_000)), out _));
        Assert.NotNull(_decoder.Add(false, Encoding.UTF8.GetBytes("0" + string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100)), out _));
    }

    [Fact]
    public void Attachments_follow_their_packet()
    {
        Assert.Null(_decoder.Add(false, "52-/admin,7[\"a\",{\"_placeholder\":true,\"num\":1},{\"x\":[{\"num\":0,\"_placeholder\":true}]}]"u8, out var packet));
        Assert.Null(packet);
        Assert.Null(_decoder.Add(true, [1, 2], out packet));
        Assert.Null(packet);
        Assert.Null(_decoder.Add(true, [3], out packet));

        Assert.NotNull(packet);
        Assert.Equal((SocketIOPacketType.Event, "/admin", 7L, "a"), (packet.Type, packet.Namespace, packet.Id, packet.Event));
        Assert.Equal([3], packet.Arguments.Get<byte[]>(0)!);
        Assert.Equal([1, 2], packet.Arguments.Get<Nested>(1)!.X[0]);
        Assert.Equal(new byte[] { 3 }, packet.Arguments.Get<ReadOnlyMemory<byte>>(0).ToArray());
        Assert.Throws<JsonException>(() => packet.Arguments.Get<int>(0));
    }

    [Fact]
    public void An_acknowledgement_may_have_attachments()
    {
        Assert.Null(_decoder.Add(false, "61-3[{\"_placeholder\":true,\"num\":0}]"u8, out _));
        Assert.Null(_decoder.Add(true, [], out var packet));

        Assert.Equal((SocketIOPacketType.Ack, 3L), (packet!.Type, packet.Id));
        Assert.Empty(packet.Arguments.Get<byte[]>(0)!);
    }

    [Fact]
    public void Several_placeholders_may_stand_for_the_same_bytes_and_travel_on_as_one_attachment()
    {
        Assert.Null(_decoder.Add(false, "51-[\"a\",{\"bytes\":{\"_placeholder\":true,\"num\":0},\"note\":{\"_placeholder\":true,\"num\":0}}]"u8, out _));
        Assert.Null(_decoder.Add(true, [1, 2], out var packet));

        var value = packet!.Arguments.Get<Dictionary<string, byte[]>>(0)!;
        Assert.Equal([1, 2], value["bytes"]);
        Assert.Equal([1, 2], value["note"]);
        var json = BinaryArguments.Write([packet.Arguments.Get<SocketIOValue>(0)], JsonSerializerOptions.Web, out var attachments);
        Assert.Equal("""[{"bytes":{"_placeholder":true,"num":0},"note":{"_placeholder":true,"num":0}}]""", Encoding.UTF8.GetString(json));
        Assert.Equal([1, 2], Assert.Single(attachments).ToArray());
    }

    [Fact]
    public void A_few_placeholders_do_not_stand_for_gigabytes()
    {
        var many = string.Join(',', Enumerable.Repeat("{\"_placeholder\":true,\"num\":0}", 1000));
        Assert.Null(_decoder.Add(false, Encoding.UTF8.GetBytes($"51-[\"a\",{many}]"), out _));

        Assert.Equal("illegal attachments", _decoder.Add(true, new byte[1_000_000], out _));
    }

    [Theory]
    [InlineData("{\"_placeholder\":true,\"num\":1}")]
    [InlineData("{\"_placeholder\":true,\"num\":-1}")]
    [InlineData("{\"_placeholder\":true,\"num\":0.5}")]
    [InlineData("{\"_placeholder\":true,\"num\":\"0\"}")]
    [InlineData("{\"_placeholder\":true,\"num\":99999999999}")]
    [InlineData("{\"_placeholder\":true,\"num\":null}")]
    [InlineData("{\"_placeholder\":true,\"num\":{}}")]
    [InlineData("{\"_placeholder\":true}")]
    [InlineData("{\"a\":[{\"\\u005fplaceholder\":true,\"num\":7}]}")]
    public void A_placeholder_that_lies_is_refused(string argument)
    {
        Assert.Null(_decoder.Add(false, Encoding.UTF8.GetBytes($"51-[\"a\",{argument}]"), out _));
        Assert.NotNull(_decoder.Add(true, [1], out var packet));
        Assert.Null(packet);
    }

    [Theory]
    [InlineData("{\"_placeholder\":false,\"num\":7}")]
    [InlineData("{\"_placeholder\":1,\"num\":7}")]
    [InlineData("{\"placeholder\":true,\"num\":7}")]
    [InlineData("{\"_placeholder\":true,\"_placeholder\":false,\"num\":7}")]
    [InlineData("{\"_placeholder\":true,\"num\":7,\"num\":0}")]
    [InlineData("{\"_placeholder\":{\"a\":[]},\"num\":7}")]
    [InlineData("{\"\\ud800\":true,\"num\":7}")]
    public void What_only_looks_like_a_placeholder_is_left_alone(string argument)
    {
        Assert.Null(_decoder.Add(false, Encoding.UTF8.GetBytes($"51-[\"a\",{argument}]"), out _));
        Assert.Null(_decoder.Add(true, [1], out var packet));
        Assert.NotNull(packet);
    }

    [Fact]
    public void Text_and_bytes_come_when_they_are_due()
    {
        Assert.NotNull(_decoder.Add(true, [1], out _));

        Assert.Null(_decoder.Add(false, "51-[\"a\"]"u8, out _));
        Assert.NotNull(_decoder.Add(false, "2[\"a\"]"u8, out _));
    }

    [Fact]
    public void A_binary_packet_without_attachments_does_not_spoil_what_follows()
    {
        Assert.Equal("a", Read("50-[\"a\"]").Event);
        Assert.Equal("b", Read("2[\"b\"]").Event);
    }

    [Fact]
    public void Bytes_are_read_where_types_have_them()
    {
        Assert.Null(_decoder.Add(false, "52-[\"a\",[1,{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}],2]"u8, out _));
        _decoder.Add(true, [1], out _);
        _decoder.Add(true, [2, 3], out var packet);

        Assert.Equal("[1,\"AQ==\",\"AgM=\"]", packet!.Arguments.Get<JsonElement>(0).GetRawText());
        Assert.Equal(2, packet.Arguments.Get<int>(1));
    }

    private ReceivedPacket Read(string text)
    {
        Assert.Null(_decoder.Add(false, Encoding.UTF8.GetBytes(text), out var packet));
        Assert.NotNull(packet);
        return packet;
    }

    private sealed record Nested(byte[][] X);
}
