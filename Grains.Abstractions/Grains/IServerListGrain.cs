using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>
/// The grain with the list of servers, which also passes reports of deaths on to all homes. There is one, with key 0. Called by servers and supervisors
/// only.
/// </summary>
[Alias("OrleansAdapter.IServerListGrain")]
internal interface IServerListGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Exchanges cluster, service and versions of the protocol, as the first call of a process. The caller checks the result; the grain keeps nothing.
    /// </summary>
    [Alias("Greet"), ResponseTimeout("00:00:02")]
    Task<Greeting> Greet(Greeting greeting);

    /// <summary>Puts a server into the list, or renews its place there (the batch holds a <see cref="Describe"/> message).</summary>
    [Alias("Describe"), ResponseTimeout("00:00:02")]
    Task Describe(MailboxBatch description);

    /// <summary>Returns the servers whose leases run, each as a <see cref="Describe"/> message in a version of the protocol that the caller reads.</summary>
    [Alias("List"), ResponseTimeout("00:00:05")]
    Task<MailboxBatch> List(byte version);

    /// <summary>
    /// Takes a server out of the list and out of all rooms at its own request, because it stops. Unlike <see cref="ReportDeath"/> it leaves the server's
    /// silo alone, which ends by itself.
    /// </summary>
    [Alias("Resign"), ResponseTimeout("00:00:10")]
    Task Resign(ServerId process);

    /// <summary>Takes a dead process out of the list and out of all rooms. Ends when every home that exists has done so.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:10")]
    Task ReportDeath(ServerId process);

    /// <summary>Returns the processes that were reported dead recently: a new home need not wait for them.</summary>
    [Alias("RecentDeaths"), ResponseTimeout("00:00:01")]
    Task<ServerId[]> RecentDeaths();
}

/// <summary>Which cluster and service a process belongs to, and which versions of the protocol it speaks.</summary>
/// <param name="ClusterId">The Orleans cluster it takes itself to be in.</param>
/// <param name="ServiceId">The Orleans service it takes itself to be part of.</param>
/// <param name="OldestVersion">The oldest version of the protocol that it speaks.</param>
/// <param name="CurrentVersion">The newest one.</param>
[GenerateSerializer, Immutable, Alias("OrleansAdapter.Greeting")]
internal sealed record Greeting(
    [property: Id(0)] string ClusterId,
    [property: Id(1)] string ServiceId,
    [property: Id(2)] byte OldestVersion,
    [property: Id(3)] byte CurrentVersion);

/// <summary>The grain that keeps the answers to one server's requests until the server has them. Its key is the process's id. Called by servers only.</summary>
[Alias("OrleansAdapter.IServerMessagesGrain")]
internal interface IServerMessagesGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes messages of the server itself, or answers of other servers for it. Where the server is the caller, the result holds the answers that wait for
    /// it. With a <see cref="Protocol.Describe"/> comes the observer that the answers' stream is to reach; null otherwise, and where the stream provider
    /// knows that.
    /// </summary>
    [Alias("Send"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Send(MailboxBatch messages, IMailboxObserver? observer);

    /// <summary>Drops what waits for the server, because its process is dead, and refuses what comes later.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:05")]
    Task ReportDeath();
}
