using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// The grain that is a namespace's home: it keeps the namespace's order and rooms. Its key is the namespace's name. Called by servers only; other services
/// use <see cref="IRoomGrain"/>.
/// </summary>
/// <remarks>
/// Any call may be lost, time out or be refused under load: the protocol's sender sends again, and what came twice is taken once. The result
/// holds what the home says to the caller; what it says to others goes out on their mailbox streams.
/// </remarks>
[Alias("OrleansAdapter.IHomeGrain")]
internal interface IHomeGrain : IGrainWithStringKey
{
    /// <summary>
    /// Gives the home messages of one life (one stay of a server in the namespace). The result holds what the home has for that life. With a
    /// <see cref="Register"/> comes the observer that the life's mailbox stream is to reach; null otherwise, and where the stream provider knows that.
    /// </summary>
    [Alias("Send"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Send(MailboxBatch messages, IMailboxObserver? observer);

    /// <summary>Gives the home one part of a message that is too long for one call. The call with the last part does what <see cref="Send"/> does.</summary>
    [Alias("SendPart"), ResponseTimeout("00:00:05")]
    Task<MailboxBatch> SendPart(MessagePart part, IMailboxObserver? observer);

    /// <summary>
    /// Asks whether the caller has missed a message. The result has a <see cref="WrongEpoch"/> where another home has taken over, an empty
    /// <see cref="Push"/> where something waits for the caller, else nothing. An idle server calls it so often that it finds a new home while that one
    /// still waits for servers to come back.
    /// </summary>
    [Alias("Check"), ResponseTimeout("00:00:00.750")]
    Task<MailboxBatch> Check(ServerId life, long epoch, byte version);

    /// <summary>Takes all lives of a dead process out of all rooms at once.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:05")]
    Task ReportDeath(ServerId process);

    /// <summary>Says how the home is, for status and tests.</summary>
    [Alias("Status"), ResponseTimeout("00:00:05")]
    Task<HomeStatus> Status();
}

/// <summary>How a home is, for status and tests.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="IsOpen">Whether it has opened; before, publishes are held.</param>
/// <param name="Number">The last number given.</param>
/// <param name="Rooms">How many rooms have members.</param>
/// <param name="Backlog">How many entries wait in mailboxes.</param>
/// <param name="Mailboxes">How many mailbox streams it writes to.</param>
/// <param name="Lives">The lives admitted.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.HomeStatus")]
internal sealed record HomeStatus(
    [property: Id(0)] string Namespace,
    [property: Id(1)] long Epoch,
    [property: Id(2)] bool IsOpen,
    [property: Id(3)] long Number,
    [property: Id(4)] int Rooms,
    [property: Id(5)] long Backlog,
    [property: Id(6)] int Mailboxes,
    [property: Id(7)] ServerId[] Lives);
