using System.Buffers.Text;

namespace OrleansAdapter.Bench.Clients;

/// <summary>
/// What is said: text of a fixed length that begins with which stream it belongs to, its number there, and when it was sent. What is left is filled
/// up, and ends with a letter of its own.
/// </summary>
internal static class Payload
{
    public const int Smallest = 40;
    private const byte Begin = (byte)'#';
    private const byte Fill = (byte)'x';
    private const byte End = (byte)'z';

    /// <summary>Fills the buffer.</summary>
    public static void Write(Span<byte> to, int stream, int number, long time)
    {
        to[0] = Begin;
        Utf8Formatter.TryFormat(stream, to[1..], out _, new('x', 8));
        Utf8Formatter.TryFormat(number, to[9..], out _, new('x', 8));
        Utf8Formatter.TryFormat(time, to[17..], out _, new('x', 16));
        to[33..^1].Fill(Fill);
        to[^1] = End;
    }

    /// <summary>Finds the payload in a message and reads it; false if it is not what was sent.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, int length, out int stream, out int number, out long time)
    {
        (stream, number, time) = (0, 0, 0);
        var begin = message.IndexOf(Begin);
        if (begin < 0 || message.Length < begin + length)
        {
            return false;
        }
        var payload = message.Slice(begin, length);
        return payload[^1] == End && payload[33] == Fill && payload[^2] == Fill
            && Utf8Parser.TryParse(payload.Slice(1, 8), out stream, out _, 'x')
            && Utf8Parser.TryParse(payload.Slice(9, 8), out number, out _, 'x')
            && Utf8Parser.TryParse(payload.Slice(17, 16), out time, out _, 'x');
    }
}
