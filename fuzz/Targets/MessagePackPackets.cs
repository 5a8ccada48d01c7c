using System.Text.Json;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.Fuzz;

/// <summary>The packet of a client with <c>socket.io-msgpack-parser</c>. What comes out can be read, and what is passed on is what came.</summary>
internal sealed class MessagePackPackets : Target
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly PacketFormat Format = SocketIOParser.MessagePack.Format;

    public override string Name => "msgpack";

    public override IReadOnlyList<byte[]> Words =>
    [
        Hex("a474797065"), Hex("a36e7370a12f"), Hex("a464617461"), Hex("a2696401"), Hex("ac5f706c616365686f6c646572c3"), Hex("a36e756d00"), Hex("d40000"),
        Hex("d70000000000000001"), Hex("d6ff00000001"), Hex("c40101"), Hex("c70200ffff"), Hex("ddffffffff"), Hex("dfffffffff"), Hex("dbffffffff"),
        Hex("cb7ff0000000000000"), Hex("cfffffffffffffffff"), Hex("d38000000000000000"), Hex("91919191919191919191919191919191"), Hex("81a178"),
    ];

    protected override int Least => 250;

    public override IEnumerable<byte[]> Seeds() =>
    [
        Hex("83a47479706500a464617461d40000a36e7370a12f"), Hex("83a47479706500a46461746181a5746f6b656ea178a36e7370a62f61646d696e"),
        Hex("82a47479706501a36e7370a12f"), Hex("83a47479706504a36e7370a12fa46461746181a76d657373616765a26e6f"),
        Hex(
            "84a47479706502a464617461dc0010a47361696401ffccc8ce00011170cf000000012a05f200d1ff38d2fffeee90d3fffffffed5fa0e00cb3ff8000000000000c3c2c0ab6772c3bcc3"
            + "9f20f09f99829080a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f"),
        Hex("85a47479706502a46461746193a166c40301020381a161c400a76f7074696f6e7381a8636f6d7072657373c3a2696407a36e7370a12f"),
        Hex("84a47479706503a2696403a46461746195c7010009d7000000018bcfe5687bd700ffffffffffffffffd4000082a175d40000a16401a36e7370a12f"),
        Hex("83a47479706502a36e7370a12fa46461746193a165d7ff000000046553f100c70cff00000000ffffffffffffffff"),
    ];

    public override IEnumerable<byte[]> Long() =>
    [
        Hex("df00008002a47479706502a36e7370a12f" + Many("a0c0", 0x8000)), // members that nobody knows
        Hex("83a47479706502a36e7370a12fa464617461dd00008001a161" + Many("90", 0x8000)),
        Hex("83a47479706502a36e7370a12fa464617461dd00000802a161c40101" + Many("82ac5f706c616365686f6c646572c3a36e756d00", 0x800)), // fakes beside bytes
    ];

    public override void Run(byte[] input)
    {
        var decoder = Format.NewDecoder(Json, 3, null);
        if (decoder.Add(true, input, out var packet) is not null)
        {
            Check(packet is null, "What was refused came out nevertheless.");
            return;
        }
        if (packet!.Type == SocketIOPacketType.Connect && !packet.Payload.IsEmpty)
        {
            JsonSerializer.Deserialize<JsonElement>(packet.Payload.Span);
        }
        if (packet.Type is not (SocketIOPacketType.Event or SocketIOPacketType.Ack))
        {
            return;
        }
        var arguments = packet.Arguments;
        SocketIOPackets.Use(packet);
        // To a client with the same parser it goes on as the same values.
        var written = Format.Event(packet.Namespace, "again", arguments.ToJsonArray(), arguments.Attachments, packet.Id);
        Check(written.Failure is null, $"What would be passed on cannot be written: {written.Failure}");
        Check(decoder.Add(true, written.Attachments[0], out var again) is null, "What was passed on cannot be read.");
        Check(again!.Arguments.Count == arguments.Count && again.Arguments.Attachments.Count == arguments.Attachments.Count, "Something got lost.");
        OutboundPacketForms(written);
    }

    private static void OutboundPacketForms(OutboundPacket packet) =>
        Check(!packet.Frames.IsEmpty && !packet.Payload.IsEmpty && !packet.Base64Frames.IsEmpty, "A transport has nothing to send.");

    private static string Many(string hex, int times) => string.Concat(Enumerable.Repeat(hex, times));

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
