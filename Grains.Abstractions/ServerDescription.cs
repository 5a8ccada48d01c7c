namespace OrleansAdapter;

/// <summary>What a server tells the others of itself.</summary>
/// <param name="Process">Which process: a <see cref="ServerId.Process"/>.</param>
/// <param name="Name">A name for people: where the server can be reached, or what its host calls it.</param>
/// <param name="Started">When the process started.</param>
/// <param name="Sockets">How many sockets it holds, in all namespaces.</param>
/// <param name="Address">
/// Where other servers reach it with requests that belong to its sessions: <c>unix:</c> and the path of a socket file on its machine, or <c>http://</c>, an
/// IP address and a port. Null where they cannot.
/// </param>
public sealed record ServerDescription(ServerId Process, string Name, DateTimeOffset Started, int Sockets, string? Address = null);
