using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansAdapter;

/// <summary>
/// Reads and writes a <see cref="SocketId"/> or a <see cref="ServerId"/> as its text, also as a key of dictionaries; <see langword="default"/>, which names
/// nothing, as <c>null</c>. The ids name it themselves: it is public for the code that System.Text.Json generates in other projects.
/// </summary>
/// <typeparam name="T">Which of the two.</typeparam>
public sealed class IdJsonConverter<T> : JsonConverter<T>
    where T : struct, IEquatable<T>, ISpanParsable<T>, IUtf8SpanParsable<T>, IUtf8SpanFormattable
{
    private const int LongestText = SocketId.TextLength;

    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no such id.</exception>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => default,
        JsonTokenType.String => Parse(ref reader),
        _ => throw new JsonException($"A {typeof(T).Name} is a string in JSON, not a {reader.TokenType}."),
    };

    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no such id.</exception>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value.Equals(default))
        {
            writer.WriteNullValue();
            return;
        }
        Span<byte> text = stackalloc byte[LongestText];
        writer.WriteStringValue(Format(value, text));
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">It is <see langword="default"/>, which cannot be a key.</exception>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value.Equals(default))
        {
            throw new JsonException($"The default {typeof(T).Name}, which names nothing, cannot be a key in JSON.");
        }
        Span<byte> text = stackalloc byte[LongestText];
        writer.WritePropertyName(Format(value, text));
    }

    private static ReadOnlySpan<byte> Format(T value, Span<byte> text)
    {
        value.TryFormat(text, out var length, default, null);
        return text[..length];
    }

    private static T Parse(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.HasValueSequence || reader.ValueIsEscaped ? T.Parse(reader.GetString()!, null) : T.Parse(reader.ValueSpan, null);
        }
        catch (FormatException exception)
        {
            throw new JsonException(exception.Message, exception);
        }
    }
}
