using System.Text.Json;
using System.Text.Unicode;
using OrleansAdapter.EngineIO;
using OrleansAdapter.SocketIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.Fuzz;

/// <summary>
/// The messages of a Socket.IO client, as a payload of Engine.IO holds them. What comes out can be read as any type, or refused as no such, and what is
/// passed on is what came.
/// </summary>
internal sealed class SocketIOPackets : Target
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public override string Name => "socketio";

    public override IReadOnlyList<byte[]> Words =>
    [
        [EnginePacket.Separator], Bytes("{\"_placeholder\":true,\"num\":0}"), Bytes("\"num\":"), Bytes("51-"), Bytes("61-"), Bytes("/chat,"),
        Bytes("42[\"a\","),
        Bytes("\\ud800"), Bytes("bAQID"), Bytes("[[[["), Bytes("]]]]"), Bytes("9007199254740991"), Bytes("null"), Bytes("\"connect\""), Bytes("e1"),
    ];

    protected override int Least => 250;

    public override IEnumerable<byte[]> Seeds() =>
    [
        Bytes("40"), Bytes("40/chat,{\"token\":\"x\"}"), Bytes("42[\"say\",1,\"text\",{\"a\":[true,null]}]"), Bytes("42/chat,17[\"say\"]"), Bytes("437[]"),
        Bytes("451-[\"file\",{\"_placeholder\":true,\"num\":0}]\u001ebAQID"), Bytes("461-3[{\"_placeholder\":true,\"num\":0}]\u001ebAQID"),
        Bytes("452-[\"two\",{\"x\":{\"_placeholder\":true,\"num\":1}},{\"_placeholder\":true,\"num\":0}]\u001ebAQID\u001ebBA=="),
        Bytes("41"), Bytes("44{\"message\":\"no\"}"),
    ];

    public override IEnumerable<byte[]> Long() =>
    [
        Bytes($"451-[\"a\"{string.Concat(Enumerable.Repeat(",{\"_placeholder\":true,\"num\":0}", 1_000))}]\u001eb"),
        Bytes($"42[\"a\"{string.Concat(Enumerable.Repeat(",[]", 10_000))}]"),
    ];

    public override void Run(byte[] input)
    {
        if (!Utf8.IsValid(input))
        {
            return;
        }
        var unfinished = new UnfinishedBytes(1 << 20);
        var share = new UnfinishedShare(unfinished);
        var decoder = new SocketIODecoder(Json, 3, share);
        ReadOnlyMemory<byte> payload = input;
        for (var last = false; !last;)
        {
            if (!EnginePacket.TryParse(EnginePacket.CutNext(ref payload, out last), out var message) || message.Type != EnginePacketType.Message
                || decoder.Add(message.IsBinary, message.Data.Span, out var packet) is not null)
            {
                break;
            }
            if (packet is not null)
            {
                Use(packet);
            }
        }
        share.End();
        Check(unfinished.Held == 0, $"{unfinished.Held} bytes are held still.");
    }

    /// <summary>Reads all that an application may read of a packet, and passes it on.</summary>
    internal static void Use(ReceivedPacket packet)
    {
        if (packet.Type == SocketIOPacketType.Connect && !packet.Payload.IsEmpty)
        {
            JsonSerializer.Deserialize<JsonElement>(packet.Payload.Span);
        }
        if (packet.Type is not (SocketIOPacketType.Event or SocketIOPacketType.Ack))
        {
            return;
        }
        var arguments = packet.Arguments;
        for (var i = 0; i < Math.Min(arguments.Count, 4); i++)
        {
            Read<JsonElement>(arguments, i);
            Read<string>(arguments, i);
            Read<int>(arguments, i);
            Read<byte[]>(arguments, i);
            Read<Dictionary<string, byte[]>>(arguments, i);
            Read<SocketIOValue>(arguments, i);
            arguments.GetJson(i);
        }
        var again = PacketData.TryReadArguments(arguments.ToJsonArray(), arguments.Attachments, Json);
        Check(again is not null, "What would be passed on cannot be read.");
        Check(again!.Count == arguments.Count, $"Of {arguments.Count} arguments {again.Count} would be passed on.");
        SocketIOEncoder.Event(packet.Namespace, packet.Event, arguments.ToJsonArray(), arguments.Attachments, packet.Id);
    }

    private static void Read<T>(SocketIOArguments arguments, int index)
    {
        try
        {
            arguments.Get<T>(index);
        }
        catch (JsonException)
        {
            // It is no such.
        }
    }
}
