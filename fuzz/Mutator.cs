using System.Buffers.Binary;

namespace OrleansAdapter.Fuzz;

/// <summary>Makes new inputs of known ones: flips, inserts, leaves out, repeats and puts together, by chance from a seed.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    private const int Longest = 4096;
    private const int Newest = 8;

    private static readonly byte[] OddBytes = [0, 1, 9, 0x1e, 0x1f, 0x20, 0x22, 0x2c, 0x2d, 0x2f, 0x30, 0x3a, 0x5b, 0x5d, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff];
    private static readonly int[] OddNumbers = [0, -1, 1, 125, 126, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, 1 << 20];

    public byte[] Mutate(IReadOnlyList<byte[]> corpus)
    {
        // Half of the time one of the newest: what has just been reached may lead on.
        var from = random.Next(2) == 0 ? Math.Max(0, corpus.Count - Newest) : 0;
        var bytes = new List<byte>(corpus[random.Next(from, corpus.Count)]);
        for (var times = 1 << Math.Min(random.Next(5), random.Next(5)); times > 0; times--)
        {
            Change(bytes, corpus);
        }
        return [.. bytes.Take(Longest)];
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> corpus)
    {
        var at = random.Next(bytes.Count + 1);
        switch (bytes.Count == 0 ? 5 + random.Next(3) : random.Next(11))
        {
            case 0:
                bytes[at % bytes.Count] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at % bytes.Count] = OddBytes[random.Next(OddBytes.Length)];
                break;
            case 2:
                bytes[at % bytes.Count] += (byte)random.Next(-16, 17);
                break;
            case 3:
                PutNumber(bytes, at);
                break;
            case 4:
                bytes[at % bytes.Count] = (byte)random.Next(256);
                break;
            case 5:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 6 when words.Count > 0:
                bytes.InsertRange(at, words[random.Next(words.Count)]);
                break;
            case 6 or 7:
                Insert(bytes, at, corpus[random.Next(corpus.Count)]);
                break;
            case 8:
                bytes.RemoveRange(at, random.Next(Math.Min(32, bytes.Count - at) + 1));
                break;
            case 9:
                Insert(bytes, at, [.. bytes]);
                break;
            default:
                Repeat(bytes, at);
                break;
        }
    }

    private void PutNumber(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[4];
        var (value, size) = (OddNumbers[random.Next(OddNumbers.Length)], 1 << random.Next(3));
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(number, value << (32 - (8 * size)));
        }
        for (var i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = number[i];
        }
    }

    private void Insert(List<byte> bytes, int at, byte[] part)
    {
        var start = random.Next(part.Length + 1);
        bytes.InsertRange(at, part.AsSpan(start, random.Next(part.Length - start + 1)).ToArray());
    }

    private void Repeat(List<byte> bytes, int at)
    {
        var part = bytes.Skip(at).Take(random.Next(1, 9)).ToArray();
        for (var times = random.Next(1, 70); times > 0 && bytes.Count < Longest; times--)
        {
            bytes.InsertRange(at, part);
        }
    }
}
