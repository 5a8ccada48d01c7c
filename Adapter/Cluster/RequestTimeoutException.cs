namespace OrleansAdapter;

/// <summary>Some servers did not answer a request in time; they are named, and how many others did is told.</summary>
public sealed class RequestTimeoutException : TimeoutException
{
    internal RequestTimeoutException(int answered, IReadOnlyList<ServerId> missing)
        : base($"{answered} server(s) answered in time; missing: {(missing.Count == 0 ? "the directory's word on whom to ask" : string.Join(", ", missing))}. A server that is alive and does not answer is overloaded or cut off; raise RequestsTimeout if answers take long.")
    {
        Missing = missing;
        Answered = answered;
    }

    /// <summary>The servers that have not answered.</summary>
    public IReadOnlyList<ServerId> Missing { get; }

    /// <summary>How many servers have.</summary>
    public int Answered { get; }
}
