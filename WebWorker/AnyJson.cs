using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansAdapter.WebWorker;

/// <summary>
/// A JSON value that is passed on as it came, byte by byte. A <see cref="JsonElement"/> is decoded and encoded again, which changes the way strings are
/// escaped and fails for those that .NET cannot hold, such as half an emoji.
/// </summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct AnyJson(ReadOnlyMemory<byte> Utf8)
{
    private sealed class Converter : JsonConverter<AnyJson>
    {
        public override AnyJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new AnyJson(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
        }

        public override void Write(Utf8JsonWriter writer, AnyJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
