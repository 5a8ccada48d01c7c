using System.Buffers;
using System.Text.Json;

namespace OrleansAdapter.Packets;

/// <summary>Where JSON stands for bytes: <c>{"_placeholder":true,"num":i}</c>.</summary>
/// <param name="Start">Where the object begins.</param>
/// <param name="End">Behind its end.</param>
/// <param name="Attachment">Which bytes.</param>
internal readonly record struct Placeholder(int Start, int End, int Attachment)
{
    private const int Missing = -1;

    /// <summary>How many bytes may be stood for once more, by placeholders that repeat a number: a few bytes could stand for gigabytes.</summary>
    private const long MaxRepeated = 1 << 20;

    /// <summary>
    /// Finds all placeholders, in order. False where one names bytes that are not there, which is a lie. Several may stand for the same bytes, as the
    /// reference has it, within a bound on what that may make of them.
    /// </summary>
    /// <param name="json">Valid JSON.</param>
    /// <param name="attachments">The attachments.</param>
    /// <param name="maxDepth">How deep it may go.</param>
    /// <param name="found">Where they are.</param>
    /// <param name="maxRepeated">The bound.</param>
    /// <param name="lookedAgain">Called whenever one that was found is looked at again, which costs time. Null mostly.</param>
    public static bool TryFind(
        ReadOnlySpan<byte> json,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        int maxDepth,
        out List<Placeholder> found,
        long maxRepeated = MaxRepeated,
        Action? lookedAgain = null)
    {
        found = [];
        var used = new bool[attachments.Count];
        var repeated = 0L;
        var open = new (int Start, bool IsPlaceholder, int Number)[maxDepth + 1];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open[reader.CurrentDepth] = ((int)reader.TokenStartIndex, false, Missing);
                    break;
                case JsonTokenType.PropertyName when Is(ref reader, "_placeholder"u8):
                    reader.Read();
                    open[DepthOfObject(ref reader)].IsPlaceholder = reader.TokenType == JsonTokenType.True;
                    Enter(ref reader, open);
                    break;
                case JsonTokenType.PropertyName when Is(ref reader, "num"u8):
                    reader.Read();
                    open[DepthOfObject(ref reader)].Number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : Missing;
                    Enter(ref reader, open);
                    break;
                case JsonTokenType.EndObject when open[reader.CurrentDepth] is { IsPlaceholder: true } placeholder:
                    if ((uint)placeholder.Number >= (uint)attachments.Count)
                    {
                        return false;
                    }
                    repeated += used[placeholder.Number] ? attachments[placeholder.Number].Length : 0;
                    used[placeholder.Number] = true;
                    if (repeated > maxRepeated)
                    {
                        return false;
                    }
                    RemoveInside(placeholder.Start, found, lookedAgain);
                    found.Add(new Placeholder(placeholder.Start, (int)reader.BytesConsumed, placeholder.Number));
                    break;
                default:
                    break;
            }
        }
        return true;
    }

    /// <summary>A part of JSON with something else in the place of each placeholder.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="part">The part; it begins and ends outside of placeholders.</param>
    /// <param name="placeholders">All of the JSON's, in order.</param>
    /// <param name="write">Writes what comes in the place of an attachment's.</param>
    public static ReadOnlyMemory<byte> Replace(ReadOnlySpan<byte> json, Range part, IReadOnlyList<Placeholder> placeholders, Action<Utf8JsonWriter, int> write)
    {
        var (start, end) = (part.Start.Value, part.End.Value);
        var buffer = new ArrayBufferWriter<byte>(end - start);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        for (var i = FirstFrom(start, placeholders); i < placeholders.Count; i++)
        {
            var placeholder = placeholders[i];
            if (placeholder.Start >= end)
            {
                break;
            }
            buffer.Write(json[start..placeholder.Start]);
            writer.Reset();
            write(writer, placeholder.Attachment);
            writer.Flush();
            start = placeholder.End;
        }
        buffer.Write(json[start..end]);
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// The index of the first placeholder that begins there or later; how many there are, where none does. Cheap, as there may be as many arguments as
    /// placeholders, and each is asked for its own.
    /// </summary>
    public static int FirstFrom(int start, IReadOnlyList<Placeholder> placeholders)
    {
        var (low, high) = (0, placeholders.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = placeholders[middle].Start < start ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <summary>What is inside of one is nothing. Such ones were found last, so that no others have to be looked at.</summary>
    private static void RemoveInside(int start, List<Placeholder> found, Action? lookedAgain)
    {
        while (found.Count > 0)
        {
            lookedAgain?.Invoke();
            if (found[^1].Start < start)
            {
                return;
            }
            found.RemoveAt(found.Count - 1);
        }
    }

    /// <summary>The depth of the object whose member's value the reader is at. A value that begins an object or array counts as its outside.</summary>
    private static int DepthOfObject(ref Utf8JsonReader reader) => reader.CurrentDepth - 1;

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            // A name that is no Unicode: it is the application's, and any but this one.
            return false;
        }
    }

    private static void Enter(ref Utf8JsonReader reader, (int Start, bool IsPlaceholder, int Number)[] open)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            open[reader.CurrentDepth] = ((int)reader.TokenStartIndex, false, Missing);
        }
    }
}
