using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// Whatever a client sent as one argument, for passing it on as it came: JSON byte by byte, and the bytes within it as bytes, which SignalR's clients get
/// as base64. A handler takes it as a parameter, and gives it to <c>Emit</c> or returns it.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed class SocketIOValue
{
    private readonly ReadOnlyMemory<byte> _json;
    private readonly Range _part;
    private readonly IReadOnlyList<Placeholder> _placeholders;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _attachments;

    internal SocketIOValue(ReadOnlyMemory<byte> json, Range part, IReadOnlyList<Placeholder> placeholders, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        _json = json;
        _part = part;
        _placeholders = placeholders;
        _attachments = attachments;
    }

    /// <summary>The value as JSON, with bytes as base64.</summary>
    public ReadOnlyMemory<byte> ToJson() => Replace((writer, attachment) => writer.WriteBase64StringValue(_attachments[attachment].Span));

    private ReadOnlyMemory<byte> Replace(Action<Utf8JsonWriter, int> write) =>
        _placeholders.Count == 0 ? _json[_part] : Placeholder.Replace(_json.Span, _part, _placeholders, write);

    private sealed class Converter : JsonConverter<SocketIOValue>
    {
        public override SocketIOValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            var json = JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
            return new SocketIOValue(json, new Range(0, json.Length), [], []);
        }

        public override void Write(Utf8JsonWriter writer, SocketIOValue value, JsonSerializerOptions options)
        {
            // Attachments are numbered anew, among those of the other arguments.
            var json = value.Replace((inner, attachment) => BinaryArguments.Write(inner, value._attachments[attachment]));
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }
    }
}
