using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// The end of a mailbox stream in the server that it is for: an Orleans observer, in a client or in a silo. Its reference travels with the message that
/// makes the server known, so the grain that knows the server can reach it, and nobody keeps subscriptions.
/// </summary>
[Alias("OrleansAdapter.IMailboxObserver")]
internal interface IMailboxObserver : IGrainObserver
{
    /// <summary>
    /// Takes an event of the stream. The result has the server's answer, such as an acknowledgement of the entries; where it is empty, the answer comes as a
    /// call of its own, or there is none.
    /// </summary>
    [Alias("Deliver"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Deliver(MailboxBatch batch);
}
