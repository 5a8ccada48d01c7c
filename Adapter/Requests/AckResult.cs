namespace OrleansAdapter;

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
    internal AckTimeoutException(PartialAcks<T> acks)
        : base(
            $"{acks.Answers.Count} client(s) answered. Silent sockets: {List(acks.MissingSockets)}; servers that said nothing of theirs: "
            + $"{List(acks.MissingServers)}.")
    {
        Acks = acks;
    }

    /// <summary>What came, and whose is missing.</summary>
    public PartialAcks<T> Acks { get; }

    /// <summary>The answers that came.</summary>
    public IReadOnlyList<AckResult<T>> Answers => Acks.Answers;

    /// <summary>The sockets that are there and have not answered.</summary>
    public IReadOnlyList<SocketId> MissingSockets => Acks.MissingSockets;

    /// <summary>Servers that are alive and told nothing of their sockets.</summary>
    public IReadOnlyList<ServerFailure> MissingServers => Acks.MissingServers;

    private static string List<TItem>(IReadOnlyList<TItem> items) =>
        items.Count == 0 ? "none" : string.Join(", ", items.Take(10)) + (items.Count > 10 ? $" and {items.Count - 10} more" : "");
}

/// <summary>The one client that was asked cannot acknowledge: it answered with an error, or has gone.</summary>
public sealed class AckFailedException(SocketId socket, string error) : Exception($"Socket {socket} did not acknowledge: {error}")
{
    /// <summary>The socket.</summary>
    public SocketId Socket { get; } = socket;
}
