using System.Buffers;

namespace OrleansAdapter.Protocol;

/// <summary>The second byte of every encoded message. Values are on the wire and never change their meaning.</summary>
internal enum MessageType : byte
{
    Register = 1,
    Submit = 2,
    Acknowledge = 3,
    ReadAfter = 4,
    Renew = 5,

    WrongEpoch = 16,
    Fenced = 17,
    Registered = 18,
    Accepted = 19,
    Push = 20,
    Renewed = 21,
    Recall = 22,

    Describe = 32,
    Answer = 33,
    Answers = 34,
    AcknowledgeAnswers = 35,
}

/// <summary>
/// Encodes messages for their way between processes: version byte, type byte, then the fields in a fixed order. A reader refuses another version, an
/// unknown type, and bytes that are missing or too many; it guesses, skips and defaults nothing. A message is never split here; who carries it may split
/// it.
/// </summary>
/// <remarks>
/// <para>
/// To extend it: a new type, field or kind of operation is a new version (<see cref="ProtocolVersion"/>), written only where that version was
/// agreed on, and read only in a message that bears it. Within a version the form never changes.
/// </para>
/// <para>
/// Limits: a room name has 1,024 bytes; everything else is limited only by the message itself, whose size the carrier bounds. What reading
/// allocates is at most a small multiple of the bytes that are really there.
/// </para>
/// </remarks>
internal static class MessageCodec
{
    private const int HeaderBytes = 2;

    /// <summary>Writes a message to a home.</summary>
    public static void Write(IBufferWriter<byte> output, WorkerMessage message, byte version = ProtocolVersion.Current)
    {
        var writer = Start(output, TypeOf(message), version);
        WorkerMessageCodec.Write(ref writer, message);
        writer.Complete();
    }

    /// <summary>Writes a message of a home.</summary>
    public static void Write(IBufferWriter<byte> output, HomeMessage message, byte version = ProtocolVersion.Current)
    {
        var writer = Start(output, TypeOf(message), version);
        HomeMessageCodec.Write(ref writer, message);
        writer.Complete();
    }

    /// <summary>Writes a message of or for a server.</summary>
    public static void Write(IBufferWriter<byte> output, ServerMessage message, byte version = ProtocolVersion.Current)
    {
        var writer = Start(output, TypeOf(message), version);
        ServerMessageCodec.Write(ref writer, message);
        writer.Complete();
    }

    /// <summary>Reads a message to a home. It keeps slices of the bytes.</summary>
    /// <exception cref="ProtocolException">The bytes are no such message.</exception>
    public static WorkerMessage ReadWorkerMessage(ReadOnlyMemory<byte> bytes)
    {
        var reader = Open(bytes, out var type);
        var message = WorkerMessageCodec.Read(ref reader, type);
        reader.End();
        return message;
    }

    /// <summary>Reads a message of a home. It keeps slices of the bytes.</summary>
    /// <exception cref="ProtocolException">The bytes are no such message.</exception>
    public static HomeMessage ReadHomeMessage(ReadOnlyMemory<byte> bytes)
    {
        var reader = Open(bytes, out var type);
        var message = HomeMessageCodec.Read(ref reader, type);
        reader.End();
        return message;
    }

    /// <summary>Reads a message of or for a server. It keeps slices of the bytes.</summary>
    /// <exception cref="ProtocolException">The bytes are no such message.</exception>
    public static ServerMessage ReadServerMessage(ReadOnlyMemory<byte> bytes)
    {
        var reader = Open(bytes, out var type);
        var message = ServerMessageCodec.Read(ref reader, type);
        reader.End();
        return message;
    }

    internal static ProtocolException Unknown(MessageType type, string where) =>
        new($"The message type {(byte)type} is not one {where}, as {ProtocolVersion.Ours} of the protocol has them.");

    private static WireWriter Start(IBufferWriter<byte> output, MessageType type, byte version)
    {
        if (!ProtocolVersion.Ours.Contains(version))
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, $"This side speaks {ProtocolVersion.Ours}.");
        }
        var writer = new WireWriter(output, version);
        writer.Byte(version);
        writer.Byte((byte)type);
        return writer;
    }

    private static WireReader Open(ReadOnlyMemory<byte> bytes, out MessageType type)
    {
        if (bytes.Length < HeaderBytes)
        {
            ProtocolException.ThrowCutOff(HeaderBytes, bytes.Length);
        }
        var version = bytes.Span[0];
        type = (MessageType)bytes.Span[1];
        if (!ProtocolVersion.Ours.Contains(version))
        {
            ProtocolException.Throw($"The message has version {version} of the protocol (type {(byte)type}); this side speaks {ProtocolVersion.Ours}.");
        }
        return new WireReader(bytes[HeaderBytes..], version);
    }

    private static MessageType TypeOf(WorkerMessage message) => message switch
    {
        Register => MessageType.Register,
        Submit => MessageType.Submit,
        Acknowledge => MessageType.Acknowledge,
        ReadAfter => MessageType.ReadAfter,
        Renew => MessageType.Renew,
        _ => throw NotEncodable(message),
    };

    private static MessageType TypeOf(HomeMessage message) => message switch
    {
        WrongEpoch => MessageType.WrongEpoch,
        Fenced => MessageType.Fenced,
        Registered => MessageType.Registered,
        Accepted => MessageType.Accepted,
        Push => MessageType.Push,
        Renewed => MessageType.Renewed,
        Recall => MessageType.Recall,
        _ => throw NotEncodable(message),
    };

    private static MessageType TypeOf(ServerMessage message) => message switch
    {
        Describe => MessageType.Describe,
        Answer => MessageType.Answer,
        Answers => MessageType.Answers,
        AcknowledgeAnswers => MessageType.AcknowledgeAnswers,
        _ => throw NotEncodable(message),
    };

    private static ArgumentException NotEncodable(object message) => new($"{message.GetType()} has no form on the wire.", nameof(message));
}
