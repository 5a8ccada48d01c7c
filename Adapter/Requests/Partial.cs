namespace OrleansAdapter;

/// <summary>A server of which something is missing in a result: it is alive, and gave no answer or could not give one.</summary>
/// <param name="Server">The server.</param>
/// <param name="Error">Why it could not answer; null where it was silent.</param>
public sealed record ServerFailure(ServerId Server, string? Error)
{
    /// <summary>The server, and what it said if it said anything.</summary>
    public override string ToString() => Error is null ? Server.ToString() : $"{Server} ({Error})";
}

/// <summary>What the servers that answered had to say, and which ones did not.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
/// <param name="Value">The answer of the others.</param>
/// <param name="Missing">Servers that are alive and gave no answer; empty where the result is whole.</param>
/// <param name="Gone">Servers that died while they were asked. That is no hole: their sockets are gone with them.</param>
public sealed record Partial<T>(T Value, IReadOnlyList<ServerFailure> Missing, IReadOnlyList<ServerId> Gone)
{
    /// <summary>Whether nothing is missing.</summary>
    public bool IsWhole => Missing.Count == 0;
}

/// <summary>The acknowledgements of a broadcast that came, and whose did not.</summary>
/// <typeparam name="T">The type of the answers.</typeparam>
/// <param name="Answers">What came.</param>
/// <param name="MissingSockets">Sockets that are there and have not answered.</param>
/// <param name="MissingServers">Servers that are alive and told nothing of their sockets.</param>
/// <param name="Gone">Servers that died while they were asked, with their sockets.</param>
public sealed record PartialAcks<T>(
    IReadOnlyList<AckResult<T>> Answers, IReadOnlyList<SocketId> MissingSockets, IReadOnlyList<ServerFailure> MissingServers, IReadOnlyList<ServerId> Gone)
{
    /// <summary>Whether nobody is missing.</summary>
    public bool IsWhole => MissingSockets.Count == 0 && MissingServers.Count == 0;
}
