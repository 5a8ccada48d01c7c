using System.Buffers.Binary;
using System.Diagnostics;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Bench.Directory;

/// <summary>
/// What is sent: 200 bytes, of which 8 are a number and 8 the time of publishing on the machine's monotonic clock, which all processes share.
/// </summary>
internal static class Load
{
    public const string Namespace = "/bench";
    public const string Room = "room";

    /// <summary>How many rooms there are where there are many.</summary>
    public const int Rooms = 10_000;

    private const int PayloadBytes = 200;

    /// <summary>One of many rooms.</summary>
    public static string RoomOf(int number) => $"room-{number}";

    /// <summary>All members of one of many rooms.</summary>
    public static BroadcastTarget TargetOf(int number) => BroadcastTarget.Of(OrleansAdapter.Room.Named(RoomOf(number)));

    public static byte[] Packet(long number)
    {
        var payload = new byte[PayloadBytes];
        BinaryPrimitives.WriteInt64LittleEndian(payload, number);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(8), Stopwatch.GetTimestamp());
        return PacketCodec.Encode("m", payload, [], []);
    }

    public static (long Number, long Published) Read(Packet packet) =>
        (BinaryPrimitives.ReadInt64LittleEndian(packet.Arguments.Span), BinaryPrimitives.ReadInt64LittleEndian(packet.Arguments.Span[8..]));
}

/// <summary>The receiving member: takes the time of each hand-over, and counts what came out of order.</summary>
internal sealed class Receiver(SocketId id) : LocalSocket(id)
{
    private readonly Lock _lock = new();
    private List<double> _micros = [];
    private long _last = -1;

    public long Received { get; private set; }

    public long OutOfOrder { get; private set; }

    /// <summary>The last number of a load, which is sent as a negative one: its arrival ends the measurement.</summary>
    public TaskCompletionSource? End { get; set; }

    /// <summary>Takes the latencies measured so far, ascending, in microseconds.</summary>
    public double[] TakeLatencies()
    {
        lock (_lock)
        {
            var taken = _micros;
            _micros = [];
            taken.Sort();
            return [.. taken];
        }
    }

    internal override void Deliver(Packet packet)
    {
        var (number, published) = Load.Read(packet);
        var elapsed = Stopwatch.GetElapsedTime(published).TotalMicroseconds;
        lock (_lock)
        {
            _micros.Add(elapsed);
            Received++;
            if (number < 0)
            {
                _last = -1;
                End?.TrySetResult();
                return;
            }
            if (number != _last + 1)
            {
                OutOfOrder++;
            }
            _last = number;
        }
    }

    internal override void EndTurn()
    {
    }

    /// <summary>It fell too far behind: publishers that are no members do not wait for it, and the home's bound is 64 MB (PROTOCOL.md, Bounds).</summary>
    internal override void Close(DisconnectReason reason) => End?.TrySetException(new InvalidOperationException(
        $"The receiver was closed ({reason}): it fell so far behind that the home ended it. There is no result; run it again."));
}
