namespace OrleansAdapter.Cluster;

/// <summary>What one server said to a request: <see cref="Body"/>, or why it could not answer.</summary>
/// <param name="Server">The server.</param>
/// <param name="Error">Why it could not answer; null where it did.</param>
/// <param name="Body">Its answer.</param>
internal sealed record ServerAnswer(ServerId Server, string? Error, ReadOnlyMemory<byte> Body);

/// <summary>How a request ended: the answers, and the servers that died before they had answered.</summary>
internal sealed record RequestResult(IReadOnlyList<ServerAnswer> Answers, IReadOnlyList<ServerId> Gone);
