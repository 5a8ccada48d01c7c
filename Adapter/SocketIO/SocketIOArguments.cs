using System.Buffers;
using System.Collections;
using System.Text.Json;
using OrleansAdapter.Packets;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// The arguments of an event or of an acknowledgement, as a client sent them: JSON, with bytes beside it. They are read one by one, as the
/// types that the application asks for, or passed on as they came: <c>io.Emit("said", [name, .. arguments])</c>.
/// </summary>
public sealed class SocketIOArguments : IReadOnlyList<SocketIOValue>
{
    private readonly ReadOnlyMemory<byte> _json;
    private readonly Range[] _items;
    private readonly JsonSerializerOptions _options;
    private readonly IReadOnlyList<Placeholder> _placeholders;

    internal SocketIOArguments(
        ReadOnlyMemory<byte> json, Range[] items, IReadOnlyList<Placeholder> placeholders, IReadOnlyList<ReadOnlyMemory<byte>> attachments,
            JsonSerializerOptions options)
    {
        _json = json;
        _items = items;
        _placeholders = placeholders;
        Attachments = attachments;
        _options = options;
    }

    internal static SocketIOArguments None { get; } = new(default, [], [], [], JsonSerializerOptions.Default);

    /// <summary>How many there are.</summary>
    public int Count => _items.Length;

    /// <summary>The bytes that came with them, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments { get; }

    /// <summary>An argument, for passing it on as it came.</summary>
    public SocketIOValue this[int index] => new(_json, _items[index], _placeholders, Attachments);

    /// <summary>About how many bytes it holds.</summary>
    internal int Size => _json.Length + Attachments.Sum(attachment => attachment.Length);

    /// <summary>Whether an argument is bytes, and nothing but them.</summary>
    public bool IsBytes(int index) => IsBytes(_items[index], FirstIn(_items[index]));

    /// <summary>An argument as JSON. Bytes in it are <c>{"_placeholder":true,"num":i}</c>, for <see cref="Attachments"/>.</summary>
    public ReadOnlyMemory<byte> GetJson(int index) => _json[_items[index]];

    /// <summary>
    /// An argument as a value. Bytes are read as <c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c>, also within other types. <see cref="SocketIOValue"/>
    /// takes whatever it is, for passing it on.
    /// </summary>
    /// <exception cref="JsonException">It is no <typeparamref name="T"/>.</exception>
    public T? Get<T>(int index) => (T?)Get(index, typeof(T));

    /// <summary>An argument as a value of a type that is known at run time only.</summary>
    /// <exception cref="JsonException">It is not of that type.</exception>
    public object? Get(int index, Type type)
    {
        var range = _items[index];
        if (type == typeof(SocketIOValue))
        {
            return this[index];
        }
        if (FirstIn(range) is not { } placeholder)
        {
            return Deserialize(_json[range].Span, type);
        }
        if (IsBytes(range, placeholder) && AsBytes(Attachments[placeholder.Attachment], type) is { } bytes)
        {
            return bytes;
        }
        // System.Text.Json reads bytes from base64.
        return Deserialize(
            Placeholder.Replace(_json.Span, range, _placeholders, (writer, attachment) => writer.WriteBase64StringValue(Attachments[attachment].Span)).Span,
            type);
    }

    /// <summary>All arguments, for passing them on as they came.</summary>
    public IEnumerator<SocketIOValue> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>All arguments as one JSON array, for handing them on.</summary>
    internal byte[] ToJsonArray(int from = 0)
    {
        var buffer = new ArrayBufferWriter<byte>(_json.Length + 2);
        buffer.Write("["u8);
        for (var i = from; i < _items.Length; i++)
        {
            if (i > from)
            {
                buffer.Write(","u8);
            }
            buffer.Write(GetJson(i).Span);
        }
        buffer.Write("]"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsBytes(Range item, Placeholder? placeholder) =>
        placeholder is { } whole && whole.Start == item.Start.Value && whole.End == item.End.Value;

    /// <summary>The first placeholder of an argument.</summary>
    private Placeholder? FirstIn(Range item)
    {
        var first = Placeholder.FirstFrom(item.Start.Value, _placeholders);
        return first < _placeholders.Count && _placeholders[first].End <= item.End.Value ? _placeholders[first] : null;
    }

    private static object? AsBytes(ReadOnlyMemory<byte> bytes, Type type) =>
        type == typeof(byte[]) || type == typeof(object) ? (object)bytes.ToArray()
        : type == typeof(ReadOnlyMemory<byte>) || type == typeof(ReadOnlyMemory<byte>?) ? (object)bytes
        : type == typeof(Memory<byte>) ? (object)new Memory<byte>(bytes.ToArray())
        : null;

    private object? Deserialize(ReadOnlySpan<byte> json, Type type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type, _options);
        }
        catch (InvalidOperationException exception)
        {
            // Text that is no Unicode.
            throw new JsonException(exception.Message, exception);
        }
    }
}
