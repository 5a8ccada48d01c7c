using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// The home of a namespace, as a grain; its key is the namespace's name. For servers and this engine only: other services use
/// <see cref="IRoomGrain"/>.
/// </summary>
/// <remarks>
/// Any call may be lost, time out or be refused under load: the protocol's sender sends again, and what came twice is taken once. The result
/// holds what the home says to the caller; what it says to others goes out on their mailbox streams.
/// </remarks>
[Alias("OrleansAdapter.IHomeGrain")]
internal interface IHomeGrain : IGrainWithStringKey
{
    /// <summary>Hands messages of one life to the home.</summary>
    [Alias("Send"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Send(MailboxBatch messages);

    /// <summary>Hands over a part of one long message; with the last part it counts, and the result is that of <see cref="Send"/>.</summary>
    [Alias("SendPart"), ResponseTimeout("00:00:05")]
    Task<MailboxBatch> SendPart(MessagePart part);

    /// <summary>
    /// Asks whether something was missed; the result is a <see cref="WrongEpoch"/> where the home is not the one of an epoch, an empty <see cref="Push"/> where something
    /// waits for the caller. A server that is idle asks so often that it notices the next home within the time that one holds.
    /// </summary>
    [Alias("Check"), ResponseTimeout("00:00:00.750")]
    Task<MailboxBatch> Check(ServerId life, long epoch, byte version);

    /// <summary>A process is dead: its lives leave all rooms at once.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:05")]
    Task ReportDeath(ServerId process);

    /// <summary>How the home is, for status and tests.</summary>
    [Alias("Status"), ResponseTimeout("00:00:05")]
    Task<HomeStatus> Status();
}

/// <summary>How a home is.</summary>
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
