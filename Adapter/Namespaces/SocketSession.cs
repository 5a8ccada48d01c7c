using System.Text.Json;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The session of a local socket: what its client may come back to, as far as this server knows it. Owned by the namespace's turn. There is one for each
/// connection, so each field counts: docs/PERFORMANCE.md has what it takes.
/// </summary>
internal sealed class SocketSession(SecretHash secret)
{
    private volatile bool _isToldAll = true;

    public SecretHash Secret { get; } = secret;

    /// <summary>The number of the claim by which this server holds it; 0 where the client never came back.</summary>
    public long Claim { get; init; }

    /// <summary>
    /// Where the client never came back, the number from which on it is here: nothing before was for it. Else that of the last packet that was for it before
    /// the claim, so that nothing was between the two; <see cref="long.MaxValue"/> until that is known.
    /// </summary>
    public long KnownFrom { get; set; }

    /// <summary>Behind which number the client was given what it had missed when it came back.</summary>
    public long GivenFrom { get; set; }

    /// <summary>The number from which on this server holds it.</summary>
    public long HeldSince => Claim > 0 ? Claim : KnownFrom;

    /// <summary>Whether the home has been told of it, and of nothing that ended it.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether it was open with an earlier home.</summary>
    public bool WasOpen { get; set; }

    /// <summary>Whether it has ended for good: its client cannot come back to it.</summary>
    public bool IsOver { get; set; }

    /// <summary>The place of the last thing that was handed to the client's connection.</summary>
    public OrderOffset LastSent { get; set; }

    /// <summary>The same, where it is certain that everything before was handed over as well; else unknown.</summary>
    public OrderOffset SurelySent => IsToldAll ? LastSent : OrderOffset.Unknown;

    /// <summary>What the application keeps with the socket, as it was last told; null for nothing. Changed with <see cref="HasChanged"/>.</summary>
    public byte[]? Data { get; set; }

    /// <summary>The same for a socket whose connection is gone.</summary>
    public SocketSession WhileAway() =>
        new(Secret) { Claim = Claim, KnownFrom = KnownFrom, GivenFrom = GivenFrom, IsOpen = IsOpen, WasOpen = WasOpen, LastSent = SurelySent, Data = Data };

    /// <summary>
    /// Whether the home is to be told what the application keeps with the socket: it then is in <see cref="Data"/>. Who tells it holds a lock on this, so that
    /// nothing older is told later.
    /// </summary>
    /// <exception cref="JsonException">It cannot be serialised.</exception>
    /// <exception cref="NotSupportedException">The same.</exception>
    public bool HasChanged(IDictionary<string, object?>? data, JsonSerializerOptions options)
    {
        if (data is null && Data is null)
        {
            return false;
        }
        var bytes = JsonSerializer.SerializeToUtf8Bytes(data, options);
        if (Data is { } told && bytes.AsSpan().SequenceEqual(told))
        {
            return false;
        }
        Data = bytes;
        return true;
    }

    /// <summary>What the application kept with a socket; nothing where it is empty.</summary>
    /// <param name="data">The bytes, as <see cref="HasChanged"/> wrote them.</param>
    /// <param name="options">How they were written: they may be as deep as these allow.</param>
    /// <exception cref="JsonException">They are deeper, or no JSON.</exception>
    public static Dictionary<string, JsonElement> Read(ReadOnlyMemory<byte> data, JsonSerializerOptions options)
    {
        Dictionary<string, JsonElement> read = [];
        if (data.IsEmpty)
        {
            return read;
        }
        using var document = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = options.MaxDepth });
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in document.RootElement.EnumerateObject())
            {
                read[property.Name] = property.Value.Clone();
            }
        }
        return read;
    }

    /// <summary>
    /// Whether the client's connection has been handed all that it missed. Until then nobody may say what was sent to it last. Set by the front.
    /// </summary>
    public bool IsToldAll
    {
        get => _isToldAll;
        set => _isToldAll = value;
    }
}
