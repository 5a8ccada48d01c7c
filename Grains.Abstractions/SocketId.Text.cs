using System.Buffers;
using System.Buffers.Text;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace OrleansAdapter;

/// <content>Its text: in JSON, as a key of dictionaries there, in routes, queries and configuration.</content>
[JsonConverter(typeof(IdJsonConverter<SocketId>))]
[TypeConverter(typeof(IdTypeConverter<SocketId>))]
public readonly partial struct SocketId : ISpanParsable<SocketId>, IUtf8SpanParsable<SocketId>, ISpanFormattable, IUtf8SpanFormattable
{
    private const string Form = "The text is no SocketId: that is 20 characters of [A-Za-z0-9_-], the first 8 of which name the socket's server.";

    /// <summary>Reads the 20-character form; false for anything else, also where its server part is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SocketId id)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        var isText = text.Length == TextLength
            && Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done && written == ByteLength;
        id = isText ? Read(bytes) : default;
        return !id.IsNone;
    }

    /// <summary>Reads the 20-character form; false for anything else, null as well.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SocketId result) => TryParse(s.AsSpan(), out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SocketId result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out SocketId result)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        var isText = utf8Text.Length == TextLength
            && Base64Url.DecodeFromUtf8(utf8Text, bytes, out _, out var written) == OperationStatus.Done && written == ByteLength;
        result = isText ? Read(bytes) : default;
        return !result.IsNone;
    }

    /// <summary>Reads the 20-character form.</summary>
    /// <exception cref="FormatException">It is anything else.</exception>
    public static SocketId Parse(string text) => Parse(text, null);

    /// <inheritdoc cref="Parse(string)"/>
    public static SocketId Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc/>
    public static SocketId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, out var id) ? id : throw new FormatException(Form);

    /// <inheritdoc/>
    public static SocketId Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) =>
        TryParse(utf8Text, provider, out var id) ? id : throw new FormatException(Form);

    /// <summary>The 20-character form.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        Write(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The 20-character form, whatever the format.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        Write(bytes);
        return Base64Url.TryEncodeToChars(bytes, destination, out charsWritten);
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        Write(bytes);
        return Base64Url.TryEncodeToUtf8(bytes, utf8Destination, out bytesWritten);
    }
}
