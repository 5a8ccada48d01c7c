using System.Buffers;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.Admin;

/// <summary>
/// The numbered news of one server, until they are sent. Bounded: what does not fit is left out whole, which leaves a hole in the numbers, so that whoever
/// gets the rest asks for the state anew. For the holder of the watch's lock, but for <see cref="Write"/>.
/// </summary>
internal sealed class WatchLog
{
    private const int Most = 5_000;
    private const long MostBytes = 4 << 20;
    private const int PacketSize = 256 << 10;

    private List<(string Event, Action<Utf8JsonWriter> Write)> _waiting = [];
    private long _bytes;

    /// <summary>The number of the last one.</summary>
    public long Last { get; private set; }

    /// <summary>Adds one, to be written later, on another thread.</summary>
    /// <param name="event">The event of the admin UI.</param>
    /// <param name="size">About how many bytes it holds until then.</param>
    /// <param name="write">Writes its arguments into an array that is begun.</param>
    public void Add(string @event, int size, Action<Utf8JsonWriter> write)
    {
        if (_waiting.Count >= Most || _bytes + size > MostBytes)
        {
            _waiting.Clear();
            _bytes = 0;
        }
        Last++;
        _waiting.Add((@event, write));
        _bytes += size;
    }

    /// <summary>Leaves a hole: from now on something happens that is not told.</summary>
    public void Skip()
    {
        Take();
        Last++;
    }

    /// <summary>What waits, and the number of the first; nothing waits afterwards.</summary>
    public (long First, List<(string Event, Action<Utf8JsonWriter> Write)> News) Take()
    {
        var taken = (Last - _waiting.Count + 1, _waiting);
        (_waiting, _bytes) = ([], 0);
        return taken;
    }

    /// <summary>Writes news as packets that are not too large: <c>{"server":…,"first":…,"news":[[event, arguments…],…]}</c>.</summary>
    public static IEnumerable<byte[]> Write(string server, long first, IReadOnlyList<(string Event, Action<Utf8JsonWriter> Write)> news)
    {
        for (var next = 0; next < news.Count;)
        {
            var buffer = new ArrayBufferWriter<byte>(4096);
            using var writer = new Utf8JsonWriter(buffer);
            writer.WriteStartObject();
            writer.WriteString("server", server);
            writer.WriteNumber("first", first + next);
            writer.WriteStartArray("news");
            while (next < news.Count && writer.BytesCommitted + writer.BytesPending < PacketSize)
            {
                writer.WriteRawValue(WriteOne(news[next].Event, news[next].Write).Span, skipInputValidation: true);
                next++;
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.Flush();
            yield return buffer.WrittenSpan.ToArray();
        }
    }

    /// <summary>What cannot be written is left out alone.</summary>
    private static ReadOnlyMemory<byte> WriteOne(string @event, Action<Utf8JsonWriter> write)
    {
        try
        {
            return JsonBytes.Of(writer =>
            {
                writer.WriteStartArray();
                writer.WriteStringValue(@event);
                write(writer);
                writer.WriteEndArray();
            });
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or JsonException)
        {
            return JsonSerializer.SerializeToUtf8Bytes(new[] { "left_out", exception.GetType().Name });
        }
    }
}
