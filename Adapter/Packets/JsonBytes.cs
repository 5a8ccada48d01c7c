using System.Buffers;
using System.Text.Json;

namespace OrleansAdapter.Packets;

/// <summary>What a writer of JSON writes, as bytes.</summary>
internal static class JsonBytes
{
    /// <param name="write">Writes one value.</param>
    /// <param name="size">About how many bytes it will be.</param>
    public static ReadOnlyMemory<byte> Of(Action<Utf8JsonWriter> write, int size = 256)
    {
        var buffer = new ArrayBufferWriter<byte>(size);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }
        return buffer.WrittenMemory;
    }
}
