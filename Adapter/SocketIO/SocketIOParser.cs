using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.SocketIO;

/// <summary>The parsers that <see cref="SocketIOOptions.Parser"/> chooses from. Clients of different parsers can be in one room.</summary>
public sealed class SocketIOParser
{
    private SocketIOParser(PacketFormat format) => Format = format;

    /// <summary>The default: JSON, with bytes as messages of their own (<c>socket.io-parser</c>).</summary>
    public static SocketIOParser Json { get; } = new(new JsonFormat());

    /// <summary>
    /// MessagePack, for clients with <c>socket.io-msgpack-parser</c>. JavaScript's dates arrive as texts of ISO 8601, as they do by JSON, and <c>undefined</c>
    /// as null, or not at all within an object.
    /// </summary>
    public static SocketIOParser MessagePack { get; } = Create(new MessagePackParser());

    /// <summary>One of the application's own.</summary>
    public static SocketIOParser Create(ISocketIOParser parser)
    {
        ArgumentNullException.ThrowIfNull(parser);
        return new SocketIOParser(new ParserFormat(parser));
    }

    internal PacketFormat Format { get; }
}
