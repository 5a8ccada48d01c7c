using OrleansAdapter.Packets;
using OrleansAdapter.Requests;

namespace OrleansAdapter.Fuzz;

/// <summary>The bodies of operations: packets for clients, and requests.</summary>
internal sealed class ClusterPackets : Target
{
    public override string Name => "packets";

    protected override int Least => 15;

    public override IEnumerable<byte[]> Seeds() =>
    [
        PacketCodec.Encode("said", "[1,\"text\"]"u8, [], []), PacketCodec.Encode("file", "[{\"_placeholder\":true,\"num\":0}]"u8, [new byte[9]], []),
        PacketCodec.Encode("said", "[]"u8, [], [new PacketEncoding("json", new byte[5])]), RequestHeader.Write(7, RequestKind.FetchSockets, [1, 2]),
    ];

    public override void Run(byte[] input)
    {
        Refusable(() => PacketCodec.Decode(input, BroadcastFlags.None));
        Refusable(() => RequestHeader.Read(input));
    }

    private static void Refusable(Action read)
    {
        try
        {
            read();
        }
        catch (InvalidDataException)
        {
            // It is no such.
        }
    }
}
