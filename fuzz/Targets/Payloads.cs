using System.Text.Unicode;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.Fuzz;

/// <summary>The body of a POST: packets of Engine.IO. No byte of it is lost, and none is read twice.</summary>
internal sealed class Payloads : Target
{
    public override string Name => "payloads";

    public override IReadOnlyList<byte[]> Words => [[EnginePacket.Separator], Bytes("4"), Bytes("b"), Bytes("AQID"), Bytes("=="), Bytes("2probe")];

    protected override int Least => 15;

    public override IEnumerable<byte[]> Seeds() => [Bytes("4hello\u001e2probe\u001ebAQIDBA=="), Bytes("40\u001e42[\"say\"]"), Bytes("3"), Bytes("1")];

    public override void Run(byte[] input)
    {
        if (!Utf8.IsValid(input))
        {
            return;
        }
        ReadOnlyMemory<byte> payload = input;
        var length = 0;
        for (var last = false; !last;)
        {
            var text = EnginePacket.CutNext(ref payload, out last);
            length += text.Length + (last ? 0 : 1);
            Check(!text.Span.Contains(EnginePacket.Separator), "A packet holds the separator.");
            if (EnginePacket.TryParse(text, out var packet))
            {
                Check(packet.Data.Length < text.Length, "A packet has more data than text.");
                Check(!packet.IsBinary || packet.Type == EnginePacketType.Message, "A packet that is no message has bytes.");
            }
        }
        Check(length == input.Length, $"{length} of {input.Length} bytes were read.");
    }
}
