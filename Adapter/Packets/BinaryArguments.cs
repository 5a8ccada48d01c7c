using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansAdapter.Packets;

/// <summary>
/// Takes bytes out of arguments while they become JSON: each <c>byte[]</c>, <c>Memory&lt;byte&gt;</c> or <c>ReadOnlyMemory&lt;byte&gt;</c> in them becomes an
/// attachment, and <c>{"_placeholder":true,"num":i}</c> in its place.
/// </summary>
internal static class BinaryArguments
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = [];

    [ThreadStatic]
    private static List<ReadOnlyMemory<byte>>? _attachments;

    /// <exception cref="JsonException">An argument cannot be serialised; nothing was sent.</exception>
    /// <exception cref="NotSupportedException">An argument's type cannot be serialised; nothing was sent.</exception>
    public static byte[] Write(ReadOnlySpan<object?> arguments, JsonSerializerOptions options, out IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var outer = _attachments;
        List<ReadOnlyMemory<byte>> found = [];
        _attachments = found;
        try
        {
            var json = ArgumentsWriter.Write(arguments, Known.GetValue(options, WithConverters));
            attachments = found.Count == 0 ? [] : found;
            return json;
        }
        finally
        {
            _attachments = outer;
        }
    }

    private static JsonSerializerOptions WithConverters(JsonSerializerOptions options)
    {
        var copy = new JsonSerializerOptions(options);
        copy.Converters.Insert(0, new BytesConverter());
        copy.Converters.Insert(0, new MemoryConverter());
        copy.Converters.Insert(0, new ReadOnlyMemoryConverter());
        return copy;
    }

    /// <summary>Writes bytes in the middle of arguments; elsewhere, as base64.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> bytes)
    {
        if (_attachments is not { } attachments)
        {
            writer.WriteBase64StringValue(bytes.Span);
            return;
        }
        // The very same memory, which a client may have named twice, travels once.
        var number = attachments.IndexOf(bytes);
        writer.WriteStartObject();
        writer.WriteBoolean("_placeholder"u8, true);
        writer.WriteNumber("num"u8, number < 0 ? attachments.Count : number);
        writer.WriteEndObject();
        if (number < 0)
        {
            attachments.Add(bytes);
        }
    }

    private sealed class BytesConverter : JsonConverter<byte[]>
    {
        public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetBytesFromBase64();

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) => BinaryArguments.Write(writer, value);
    }

    private sealed class MemoryConverter : JsonConverter<Memory<byte>>
    {
        public override Memory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetBytesFromBase64();

        public override void Write(Utf8JsonWriter writer, Memory<byte> value, JsonSerializerOptions options) => BinaryArguments.Write(writer, value);
    }

    private sealed class ReadOnlyMemoryConverter : JsonConverter<ReadOnlyMemory<byte>>
    {
        public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetBytesFromBase64();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) => BinaryArguments.Write(writer, value);
    }
}
