namespace OrleansAdapter.Security;

/// <summary>Why the two ends of a connection did not prove to each other that they have the cluster's secret.</summary>
internal enum ProofFailure
{
    /// <summary>The other end does not know this proof: it has no secret, or is no process of a cluster at all.</summary>
    NotOffered,

    /// <summary>The other end has another secret, or proves something else with it.</summary>
    Wrong,

    /// <summary>The other end says that this one has another secret.</summary>
    Refused,

    /// <summary>The connection ended before the proof did.</summary>
    Ended,

    /// <summary>The other end took too long.</summary>
    TimedOut,

    /// <summary>Too many connections had not proved anything yet, and this was the oldest.</summary>
    Crowded,
}

/// <summary>The two ends of a connection did not prove to each other that they have the cluster's secret.</summary>
/// <param name="failure">Why.</param>
/// <param name="inner">What happened to the connection, if that was it.</param>
internal sealed class ProofException(ProofFailure failure, Exception? inner = null) : IOException(TextOf(failure), inner)
{
    public ProofFailure Failure { get; } = failure;

    /// <summary>Whether this says something of the secrets, and not only of the connection.</summary>
    public bool IsOfSecrets => Failure is ProofFailure.NotOffered or ProofFailure.Wrong or ProofFailure.Refused;

    private static string TextOf(ProofFailure failure) => failure switch
    {
        ProofFailure.NotOffered => "the other end did not offer to prove that it has the cluster's secret: it has none, or is something else",
        ProofFailure.Wrong => "the other end does not have the cluster's secret",
        ProofFailure.Refused => "the other end does not take this process's secret for the cluster's",
        ProofFailure.Ended => "the connection ended before both ends had proved that they have the cluster's secret",
        ProofFailure.TimedOut => "the other end did not prove in time that it has the cluster's secret",
        ProofFailure.Crowded => "too many connections had not proved yet that they have the cluster's secret",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };
}
