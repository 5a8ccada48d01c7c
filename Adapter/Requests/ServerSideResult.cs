namespace OrleansAdapter;

/// <summary>What one server answered to a server-side event.</summary>
/// <typeparam name="T">The type of the answer.</typeparam>
/// <param name="Server">The server.</param>
/// <param name="Value">Its answer; default where there is an error.</param>
/// <param name="Error">Why it could not answer; null where it did.</param>
public sealed record ServerSideResult<T>(ServerId Server, T? Value, string? Error);

/// <summary>Not all servers answered a server-side event in time. Carries what came, and names who was silent.</summary>
/// <typeparam name="T">The type of the answers.</typeparam>
public sealed class ServerSideTimeoutException<T> : TimeoutException
{
    internal ServerSideTimeoutException(IReadOnlyList<ServerSideResult<T>> answers, IReadOnlyList<ServerId> missing)
        : base($"{answers.Count} server(s) answered in time; missing: {string.Join(", ", missing)}.")
    {
        (Answers, Missing) = (answers, missing);
    }

    /// <summary>The answers that came.</summary>
    public IReadOnlyList<ServerSideResult<T>> Answers { get; }

    /// <summary>The servers that have not answered.</summary>
    public IReadOnlyList<ServerId> Missing { get; }
}
