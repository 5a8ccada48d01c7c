using System.Buffers;
using System.Text.Json;

namespace OrleansAdapter.Packets;

/// <summary>Turns an event's arguments into one JSON array, once.</summary>
internal static class ArgumentsWriter
{
    /// <exception cref="JsonException">An argument cannot be serialised, or is too deep; nothing was sent.</exception>
    /// <exception cref="NotSupportedException">An argument's type cannot be serialised; nothing was sent.</exception>
    public static byte[] Write(ReadOnlySpan<object?> arguments, JsonSerializerOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options.Encoder, SkipValidation = true }))
        {
            writer.WriteStartArray();
            foreach (var argument in arguments)
            {
                if (argument is null)
                {
                    writer.WriteNullValue();
                }
                else
                {
                    JsonSerializer.Serialize(writer, argument, argument.GetType(), options);
                }
            }
            writer.WriteEndArray();
        }
        JsonLimits.CheckArguments(buffer.WrittenSpan);
        return buffer.WrittenSpan.ToArray();
    }
}
