using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansAdapter;

/// <summary>An address as its text: member by member it cannot be read, as half of them throw.</summary>
internal sealed class IPAddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && IPAddress.TryParse(reader.GetString(), out var address)
            ? address
            : throw new JsonException("The value is no IP address.");

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
