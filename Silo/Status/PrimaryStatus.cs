using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Status;

/// <summary>The status of a primary and its processes.</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Url">The front's address.</param>
/// <param name="Port">The front's port.</param>
/// <param name="Front">How connections get to workers.</param>
/// <param name="Balance">How a worker is chosen.</param>
/// <param name="State"><c>starting</c>, <c>running</c>, <c>reloading</c> or <c>stopping</c>.</param>
/// <param name="UptimeSeconds">How long it has run.</param>
/// <param name="Arriving">Connections that have no worker yet.</param>
/// <param name="Reloads">How often its workers were replaced.</param>
/// <param name="FailedReloads">How often that was given up.</param>
/// <param name="Directory">The directory's process.</param>
/// <param name="Workers">The workers; one that is being replaced is there twice.</param>
/// <param name="Cluster">The cluster that they are part of, where it was asked for (<c>?cluster=true</c>) and answers.</param>
/// <param name="ClusterError">Why it does not; null where it does.</param>
internal sealed record PrimaryStatus(
    int Pid,
    string Url,
    int Port,
    string Front,
    string Balance,
    string State,
    double UptimeSeconds,
    int Arriving,
    int Reloads,
    int FailedReloads,
    ProcessStatus? Directory,
    IReadOnlyList<WorkerStatus> Workers,
    ClusterStatus? Cluster = null,
    string? ClusterError = null);

/// <summary>The status of one process.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="UptimeSeconds">How long it has run.</param>
/// <param name="Restarts">How often its like was started again because it had died.</param>
internal record ProcessStatus(string Name, int Pid, double UptimeSeconds, int Restarts);

/// <summary>The status of one worker.</summary>
/// <param name="Url">The address that leads to it alone; empty where it has no port of its own.</param>
/// <param name="State"><c>expected</c>, <c>active</c>, <c>leaving</c> or <c>gone</c>.</param>
/// <param name="Connections">How many connections it has, idle ones and those of single requests included.</param>
/// <param name="Clients">Its clients by protocol and transport; null where it has not said in time.</param>
internal sealed record WorkerStatus(
    string Name, int Pid, double UptimeSeconds, int Restarts, string Url, string State, long Connections, IReadOnlyList<ClientCount>? Clients)
    : ProcessStatus(Name, Pid, UptimeSeconds, Restarts);
