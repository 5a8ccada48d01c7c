using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace OrleansAdapter.SignalR;

/// <summary>
/// What a server answers to <see cref="Requests.RequestKind.InvokeClient"/>, as bytes: a kind, and for a completion the protocol's name with its length
/// before it and the client's own words, unread (<see cref="RawResult"/>), so that a result of any protocol travels as it is.
/// </summary>
internal static class ClientResult
{
    /// <summary>What an answer says. Values are on the wire and never change their meaning.</summary>
    public enum Kind : byte
    {
        /// <summary>The client has answered.</summary>
        Completed = 1,

        /// <summary>There is no such connection.</summary>
        Unknown = 2,

        /// <summary>The connection ended before its client answered.</summary>
        Disconnected = 3,

        /// <summary>Asker and answerer are one server, and the result is there already.</summary>
        Delivered = 4,
    }

    public static byte[] Of(Kind kind) => [(byte)kind];

    public static byte[] Of(IHubProtocol protocol, CompletionMessage completion)
    {
        var name = Encoding.UTF8.GetBytes(protocol.Name);
        var message = protocol.GetMessageBytes(completion);
        return [(byte)Kind.Completed, checked((byte)name.Length), .. name, .. message.Span];
    }

    /// <exception cref="InvalidDataException">The bytes are no answer.</exception>
    public static Kind KindOf(ReadOnlySpan<byte> answer) =>
        !answer.IsEmpty && (Kind)answer[0] is var kind and >= Kind.Completed and <= Kind.Delivered
            ? kind
            : throw new InvalidDataException("An answer to a client invocation is of no known kind.");

    /// <summary>Reads the client's words as the type that was asked for.</summary>
    /// <exception cref="InvalidDataException">The protocol is not known here, or the bytes are no completion.</exception>
    public static CompletionMessage Read(ReadOnlyMemory<byte> answer, Func<string, IHubProtocol?> protocols, Type type)
    {
        if (answer.Length < 2 || answer.Length < 2 + answer.Span[1])
        {
            throw new InvalidDataException("An answer to a client invocation ends before its protocol's name does.");
        }
        var length = answer.Span[1];
        var name = Encoding.UTF8.GetString(answer.Span.Slice(2, length));
        var protocol = protocols(name)
            ?? throw new InvalidDataException($"The client answered in the hub protocol \"{name}\", which this server does not have.");
        var bytes = new ReadOnlySequence<byte>(answer[(2 + length)..]);
        return protocol.TryParseMessage(ref bytes, new ResultBinder(type), out var message) && message is CompletionMessage completion
            ? completion
            : throw new InvalidDataException($"The client's answer is no completion in the hub protocol \"{name}\".");
    }
}
