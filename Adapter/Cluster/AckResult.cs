namespace OrleansAdapter.Cluster;

/// <summary>What one client answered to a broadcast.</summary>
/// <typeparam name="T">The type of the answer's first argument, which is all that counts.</typeparam>
/// <param name="Socket">The client's socket.</param>
/// <param name="Server">The server that holds it.</param>
/// <param name="Value">The answer; default where there is an error.</param>
/// <param name="Error">Why the client could not answer; null where it did.</param>
public sealed record AckResult<T>(SocketId Socket, ServerId Server, T? Value, string? Error);

/// <summary>Not all clients acknowledged in time. Carries what came, and names who was silent.</summary>
/// <typeparam name="T">The type of the answers.</typeparam>
public sealed class AckTimeoutException<T> : TimeoutException
{
    internal AckTimeoutException(IReadOnlyList<AckResult<T>> answers, IReadOnlyList<SocketId> missingSockets, IReadOnlyList<ServerId> missingServers)
        : base($"{answers.Count} client(s) answered in time. Silent sockets: {List(missingSockets)}; silent servers: {List(missingServers)}.")
    {
        (Answers, MissingSockets, MissingServers) = (answers, missingSockets, missingServers);
    }

    /// <summary>The answers that came.</summary>
    public IReadOnlyList<AckResult<T>> Answers { get; }

    /// <summary>The sockets that are there and have not answered.</summary>
    public IReadOnlyList<SocketId> MissingSockets { get; }

    /// <summary>Servers that are alive and told nothing of their sockets.</summary>
    public IReadOnlyList<ServerId> MissingServers { get; }

    private static string List<TItem>(IReadOnlyList<TItem> items) =>
        items.Count == 0 ? "none" : string.Join(", ", items.Take(10)) + (items.Count > 10 ? $" and {items.Count - 10} more" : "");
}
