using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// Encoded messages (<see cref="MessageCodec"/>) on their way through Orleans: the argument and the result of a grain call, and the event of a mailbox
/// stream. Nobody changes the bytes, so Orleans need not copy them.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.MailboxBatch")]
internal sealed class MailboxBatch(byte[][] messages, string? silo = null)
{
    /// <summary>A batch without messages.</summary>
    public static MailboxBatch Empty { get; } = new([]);

    /// <summary>No message, as the result of a call.</summary>
    public static Task<MailboxBatch> None { get; } = Task.FromResult(Empty);

    /// <summary>The messages, in order.</summary>
    [Id(0)]
    public byte[][] Messages { get; } = messages;

    /// <summary>
    /// The silo in which the home is that says this, so that it can be asked together with the others there (<see cref="ISiloHomesGrain"/>). Null where that is
    /// not said, as by silos of a version that knows no rounds.
    /// </summary>
    [Id(1)]
    public string? Silo { get; } = silo;
}

/// <summary>One part of an encoded message that is too long for one grain call. The parts are sent one after the other.</summary>
/// <param name="Sender">The life that sends it.</param>
/// <param name="Message">Tells the sender's messages apart.</param>
/// <param name="Index">Which part this is, from 0.</param>
/// <param name="Count">How many parts there are.</param>
/// <param name="Bytes">The part.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.MessagePart")]
internal sealed record MessagePart(
    [property: Id(0)] ServerId Sender,
    [property: Id(1)] long Message,
    [property: Id(2)] int Index,
    [property: Id(3)] int Count,
    [property: Id(4)] byte[] Bytes);
