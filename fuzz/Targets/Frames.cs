using System.Buffers;
using OrleansAdapter.EngineIO;

namespace OrleansAdapter.Fuzz;

/// <summary>The frames of a WebSocket's client. Whole, or cut anywhere: the same has to come out, and nothing stays held.</summary>
internal sealed class Frames : Target
{
    private const int Limit = 16 << 10;

    public override string Name => "frames";

    protected override int Least => 100;

    public override IEnumerable<byte[]> Seeds() =>
    [
        [7, .. Frame(0x81, "hello"u8)],
        [3, .. Frame(0x01, "he"u8), .. Frame(0x89, "ping"u8), .. Frame(0x80, "llo"u8)],
        [200, .. Frame(0x82, new byte[300])],
        [90, .. Frame(0x82, new byte[70_000]).AsSpan(0, 500)],
        [5, .. Frame(0x88, [3, 232, (byte)'b', (byte)'y', (byte)'e'])],
        [5, .. Frame(0x8a, []), .. Frame(0x81, "é"u8)],
    ];

    /// <summary>The first byte says where it is cut.</summary>
    public override void Run(byte[] input)
    {
        if (input.Length < 2)
        {
            return;
        }
        var whole = Read(input.AsMemory(1), input.Length);
        var cut = Read(input.AsMemory(1), input[0] + 1);
        Check(whole.SequenceEqual(cut), $"Whole it is {string.Join(", ", whole)}, and cut {string.Join(", ", cut)}.");
    }

    private static List<string> Read(ReadOnlyMemory<byte> input, int size)
    {
        var unfinished = new UnfinishedBytes(1 << 20);
        var reader = new FrameReader(Limit, unfinished);
        List<string> found = [];
        ReadOnlyMemory<byte> left = default;
        while (!input.IsEmpty)
        {
            var part = input[..Math.Min(size, input.Length)];
            input = input[part.Length..];
            var sequence = Joined(left, part);
            if (!ReadAll(reader, ref sequence, found))
            {
                break;
            }
            left = sequence.ToArray();
        }
        reader.Release();
        Check(unfinished.Held == 0, $"{unfinished.Held} bytes are held still.");
        return found;
    }

    /// <summary>False where the connection ends.</summary>
    private static bool ReadAll(FrameReader reader, ref ReadOnlySequence<byte> sequence, List<string> found)
    {
        while (true)
        {
            var reading = reader.Read(ref sequence);
            switch (reading)
            {
                case FrameReading.More:
                    return true;
                case FrameReading.Message:
                    Check(reader.Message.Length <= Limit, "A message is over the limit.");
                    found.Add($"{reader.IsBinary} {Convert.ToHexString(reader.Message.Span)}");
                    reader.Release();
                    break;
                case FrameReading.Ping:
                    found.Add($"ping {Convert.ToHexString(reader.Control)}");
                    break;
                default:
                    found.Add(reading.ToString());
                    return false;
            }
        }
    }

    private static ReadOnlySequence<byte> Joined(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (first.IsEmpty)
        {
            return new ReadOnlySequence<byte>(second);
        }
        var last = new Segment(second, first.Length);
        return new ReadOnlySequence<byte>(new Segment(first, 0, last), 0, last, second.Length);
    }

    private static byte[] Frame(byte head, ReadOnlySpan<byte> payload)
    {
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)payload.Length],
            <= ushort.MaxValue => [126, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [127, 0, 0, 0, 0, 0, (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        length[0] |= 0x80;
        return [head, .. length, 0, 0, 0, 0, .. payload];
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index, Segment? next = null) => (Memory, RunningIndex, Next) = (memory, index, next);
    }
}
