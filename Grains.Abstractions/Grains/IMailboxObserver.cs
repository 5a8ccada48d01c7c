using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// What a server listens to one mailbox stream with: an Orleans observer, in a client or in a silo. Its reference travels with the message that makes the server
/// known, so whoever knows the server can reach it, and nobody needs to keep subscriptions.
/// </summary>
[Alias("OrleansAdapter.IMailboxObserver")]
internal interface IMailboxObserver : IGrainObserver
{
    /// <summary>
    /// Takes an event of the stream. The result holds what the server has to say to it, such as that it has handled the entries; it may be empty, and that
    /// then comes as a call of its own.
    /// </summary>
    [Alias("Deliver"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Deliver(MailboxBatch batch);
}
