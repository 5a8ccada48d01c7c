namespace OrleansAdapter.Requests;

/// <summary>What one server said to a request: <see cref="Body"/>, or why it could not answer.</summary>
/// <param name="Server">The server.</param>
/// <param name="Error">Why it could not answer; null where it did.</param>
/// <param name="Body">Its answer.</param>
internal sealed record ServerAnswer(ServerId Server, string? Error, ReadOnlyMemory<byte> Body);

/// <summary>How a request ended.</summary>
/// <param name="Answers">What came.</param>
/// <param name="Gone">Servers that died before they had answered.</param>
/// <param name="Missing">Servers that are alive and did not answer in time.</param>
/// <param name="IsUnknown">Whether the time ran out before the directory said whom the request goes to: then nothing can be said of anybody.</param>
internal sealed record RequestResult(IReadOnlyList<ServerAnswer> Answers, IReadOnlyList<ServerId> Gone, IReadOnlyList<ServerId> Missing, bool IsUnknown)
{
    /// <summary>The answers that are answers.</summary>
    public IEnumerable<ServerAnswer> Good => Answers.Where(answer => answer.Error is null);

    /// <summary>The servers that are alive and of which nothing is known: silent, or unable to answer.</summary>
    public IReadOnlyList<ServerFailure> Failures =>
        [.. Missing.Select(server => new ServerFailure(server, null)), .. Answers.Where(answer => answer.Error is not null).Select(answer =>
            new ServerFailure(answer.Server, answer.Error))];

    /// <summary>Refuses a result of which nobody can say what is missing in it.</summary>
    /// <exception cref="RequestTimeoutException">The directory did not answer in time.</exception>
    public RequestResult Known() => IsUnknown ? throw new RequestTimeoutException([]) : this;

    /// <summary>The result, with what is missing in it.</summary>
    public Partial<T> With<T>(T value) => new(value, Failures, Gone);

    /// <summary>Refuses what is not whole. A server that died is no hole: its sockets are gone with it.</summary>
    /// <exception cref="RequestTimeoutException">A server did not answer in time.</exception>
    /// <exception cref="RequestFailedException">A server could not answer.</exception>
    public static void ThrowIfAny(IReadOnlyList<ServerFailure> failures)
    {
        if (failures.Count == 0)
        {
            return;
        }
        var silent = failures.Where(failure => failure.Error is null).Select(failure => failure.Server).ToArray();
        throw silent.Length > 0 ? new RequestTimeoutException(silent) : new RequestFailedException(failures[0].Server, failures[0].Error!);
    }
}
