namespace OrleansAdapter.Packets;

/// <summary>
/// What a broadcast carries, in neutral form: an event name, its arguments as JSON, and byte attachments. Fronts derive their protocol's
/// encoding from it at most once per server, and keep it here.
/// </summary>
/// <remarks>
/// A publisher may add the packet in encodings that cannot be derived from JSON (SignalR's binary hub protocols). Read from one immutable
/// buffer; used only within the namespace's turn.
/// </remarks>
internal sealed class Packet
{
    private readonly List<(object Key, object Value)> _derived = [];

    internal Packet(
        string @event,
        ReadOnlyMemory<byte> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        IReadOnlyList<PacketEncoding> encodings,
        BroadcastFlags flags,
        string trace = "")
    {
        Event = @event;
        Arguments = arguments;
        Attachments = attachments;
        Encodings = encodings;
        Flags = flags;
        Trace = trace;
    }

    /// <summary>The event's name (SignalR: the client method).</summary>
    public string Event { get; }

    /// <summary>The arguments: one JSON array, UTF-8.</summary>
    public ReadOnlyMemory<byte> Arguments { get; }

    /// <summary>Bytes that the arguments refer to.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments { get; }

    /// <summary>Ready encodings that the publisher sent along.</summary>
    public IReadOnlyList<PacketEncoding> Encodings { get; }

    /// <summary>How to treat it on its way to a client.</summary>
    public BroadcastFlags Flags { get; }

    /// <summary>The W3C trace parent of whoever published it; empty where nobody traces.</summary>
    internal string Trace { get; }

    /// <summary>Its place in the order, as clients know it; null where they may not come back.</summary>
    internal string? Offset { get; set; }

    /// <summary>Whether it may be dropped for a client that is slow.</summary>
    public bool IsVolatile => (Flags & BroadcastFlags.Volatile) != 0;

    /// <summary>Whether it may be compressed, where the transport compresses.</summary>
    public bool MayCompress => (Flags & BroadcastFlags.Uncompressed) == 0;

    /// <summary>The encoding that a front derives from this packet, made on first use.</summary>
    /// <param name="key">Who derives it; compared by reference.</param>
    /// <param name="state">Passed on to <paramref name="derive"/>.</param>
    /// <param name="derive">Makes it.</param>
    public TValue Derive<TState, TValue>(object key, TState state, Func<Packet, TState, TValue> derive)
        where TValue : class
    {
        foreach (var (known, value) in _derived)
        {
            if (ReferenceEquals(known, key))
            {
                return (TValue)value;
            }
        }
        var derived = derive(this, state);
        _derived.Add((key, derived));
        return derived;
    }
}

/// <summary>A packet in the encoding of one protocol.</summary>
/// <param name="Protocol">The protocol's name.</param>
/// <param name="Bytes">The frame's bytes.</param>
internal readonly record struct PacketEncoding(string Protocol, ReadOnlyMemory<byte> Bytes);
