namespace OrleansAdapter;

/// <summary>
/// Some servers did not answer a request in time; they are named. None is where the directory did not even say whom it asks, or this server has not started.
/// </summary>
public sealed class RequestTimeoutException : TimeoutException
{
    private RequestTimeoutException(string message)
        : base(message)
    {
        Missing = [];
    }

    internal RequestTimeoutException(IReadOnlyList<ServerId> missing)
        : base(missing.Count == 0
            ? "The directory did not say in time whom the request goes to: check that it runs and can be reached. Whether anybody got it is unknown."
            : $"No answer in time from: {string.Join(", ", missing)}. A server that is alive and does not answer is overloaded or cut off; "
                + "raise RequestsTimeout if answers take long, or take what the others say (AllowPartial).")
    {
        Missing = missing;
    }

    internal static RequestTimeoutException NotStarted() => new($"Nobody was asked in time: {OperationException.NotStarted}");

    /// <summary>The servers that have not answered, though alive.</summary>
    public IReadOnlyList<ServerId> Missing { get; }
}
