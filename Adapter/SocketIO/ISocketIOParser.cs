namespace OrleansAdapter.SocketIO;

/// <summary>
/// How packets of Socket.IO become messages of Engine.IO, and the other way round: what the option <c>parser</c> is in Node.js. Clients have to be made with
/// the same parser.
/// </summary>
/// <example>
/// <code>
/// builder.Services.AddSocketIO(options => options.Parser = SocketIOParser.Create(new MyParser()));
/// </code>
/// </example>
public interface ISocketIOParser
{
    /// <summary>
    /// Writes a packet. Called once for a packet that goes to many clients, which share what it returns; from any thread, by several at a time.
    /// </summary>
    /// <param name="packet">Whatever the server has to say; found good.</param>
    /// <returns>What is sent. Where it throws, the clients that were to get the packet are disconnected, so that none misses one in silence.</returns>
    SocketIOMessages Encode(SocketIOPacket packet);

    /// <summary>Makes what reads the packets of one client.</summary>
    /// <param name="limits">What a client may make it hold.</param>
    ISocketIODecoder CreateDecoder(SocketIODecoderLimits limits);
}

/// <summary>Reads the packets of one client. Called by one thread at a time.</summary>
public interface ISocketIODecoder
{
    /// <summary>Takes the client's next message.</summary>
    /// <param name="isBinary">Whether it is bytes rather than text, which is UTF-8.</param>
    /// <param name="message">At most <see cref="EngineIOOptions.MaxHttpBufferSize"/> bytes. Valid during the call only: what is kept is copied.</param>
    /// <returns>The packet that it completes, which is checked: its data may be anything; null where more messages have to come.</returns>
    /// <exception cref="InvalidDataException">It is no packet. The client is disconnected, with the reason <c>parse error</c>.</exception>
    SocketIOPacket? Add(bool isBinary, ReadOnlyMemory<byte> message);
}

/// <summary>What a client may make a decoder hold.</summary>
/// <param name="MaxDepth">How many arrays and objects of a packet's data may be inside each other.</param>
/// <param name="MaxAttachments">How many attachments a packet may have (<see cref="SocketIOOptions.MaxAttachments"/>).</param>
public sealed record SocketIODecoderLimits(int MaxDepth, int MaxAttachments);

/// <summary>The messages that a packet becomes, which are sent as one: a text or none, and binary messages behind it.</summary>
/// <param name="Text">The text, in UTF-8, without the character U+001E, which separates messages in long-polling; empty for none.</param>
/// <param name="Binary">The binary messages.</param>
public sealed record SocketIOMessages(ReadOnlyMemory<byte> Text, IReadOnlyList<ReadOnlyMemory<byte>> Binary);
