using Orleans;

namespace OrleansAdapter.Grains;

/// <summary>The list of servers, and the way to all homes at once. One grain, key 0. For servers and this engine only.</summary>
[Alias("OrleansAdapter.IServerListGrain")]
internal interface IServerListGrain : IGrainWithIntegerKey
{
    /// <summary>The first call of a process: both sides say who they are. The caller decides; nothing is kept.</summary>
    [Alias("Greet"), ResponseTimeout("00:00:02")]
    Task<Greeting> Greet(Greeting greeting);

    /// <summary>A server describes itself (a <see cref="Describe"/> message), which renews its place in the list.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:02")]
    Task Describe(MailboxBatch description);

    /// <summary>The servers whose lease runs, as <see cref="Describe"/> messages.</summary>
    [Alias("List"), ResponseTimeout("00:00:05")]
    Task<MailboxBatch> List();

    /// <summary>The same, in a version of the protocol that the caller reads. Of version 2 and later.</summary>
    [Alias("ListAs"), ResponseTimeout("00:00:05")]
    Task<MailboxBatch> ListAs(byte version);

    /// <summary>A process that lives has done what it had to do, and stops: as its death, but it ends by itself, with its silo where it is one. Of version 2 and later.</summary>
    [Alias("Resign"), ResponseTimeout("00:00:10")]
    Task Resign(ServerId process);

    /// <summary>A process is dead. Ends when every home that exists has taken note.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:10")]
    Task ReportDeath(ServerId process);

    /// <summary>The processes whose deaths were reported lately: a home that begins need not wait for them.</summary>
    [Alias("RecentDeaths"), ResponseTimeout("00:00:01")]
    Task<ServerId[]> RecentDeaths();
}

/// <summary>Who a process is to the cluster, and what it speaks.</summary>
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

/// <summary>What concerns one server, as a grain; its key is the process's id. For servers and this engine only.</summary>
[Alias("OrleansAdapter.IServerMessagesGrain")]
internal interface IServerMessagesGrain : IGrainWithStringKey
{
    /// <summary>Messages about the server: its own, or answers of others to it. The result is for the server itself, where it is the caller.</summary>
    [Alias("Send"), ResponseTimeout("00:00:02")]
    Task<MailboxBatch> Send(MailboxBatch messages);

    /// <summary>The process is dead: what waits for it is dropped, and what is late is refused.</summary>
    [Alias("ReportDeath"), ResponseTimeout("00:00:05")]
    Task ReportDeath();
}
