namespace OrleansAdapter.Cluster;

/// <summary>What one server said to a request: <see cref="Body"/>, or why it could not answer.</summary>
/// <param name="Server">The server.</param>
/// <param name="Error">Why it could not answer; null where it did.</param>
/// <param name="Body">Its answer.</param>
internal sealed record ServerAnswer(ServerId Server, string? Error, ReadOnlyMemory<byte> Body);

/// <summary>How a request ended.</summary>
/// <param name="Answers">What came.</param>
/// <param name="Gone">Servers that died before they had answered.</param>
/// <param name="Missing">Servers that are alive and did not answer in time.</param>
/// <param name="Expired">Whether the time ran out.</param>
internal sealed record RequestResult(IReadOnlyList<ServerAnswer> Answers, IReadOnlyList<ServerId> Gone, IReadOnlyList<ServerId> Missing, bool Expired)
{
    /// <summary>The servers that count as missing where a partial result will do: silent, or unable to answer.</summary>
    public IReadOnlyList<ServerId> Failed => [.. Missing, .. Answers.Where(answer => answer.Error is not null).Select(answer => answer.Server)];

    /// <summary>The answers that are answers.</summary>
    public IEnumerable<ServerAnswer> Good => Answers.Where(answer => answer.Error is null);

    /// <summary>Refuses a result that is not whole. A server that died is no hole: its sockets are gone with it.</summary>
    /// <exception cref="RequestTimeoutException">A server did not answer in time.</exception>
    /// <exception cref="RequestFailedException">A server could not answer.</exception>
    public RequestResult Whole()
    {
        if (Expired)
        {
            throw new RequestTimeoutException(Answers.Count, Missing);
        }
        return Answers.FirstOrDefault(answer => answer.Error is not null) is { } failed ? throw new RequestFailedException(failed.Server, failed.Error!) : this;
    }
}
