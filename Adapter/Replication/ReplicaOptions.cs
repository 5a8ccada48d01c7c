namespace OrleansAdapter.Replication;

/// <summary>Times (in milliseconds) and limits of a server's half of the protocol.</summary>
internal sealed record ReplicaOptions
{
    /// <summary>How long this server may be silent before the home ends its life; 0 leaves that to the home.</summary>
    public long Lease { get; init; }

    /// <summary>How often the lease is renewed: a third of it.</summary>
    public long RenewEvery { get; init; } = 3_333;

    /// <summary>
    /// How long a life stands by the home of the latest epoch that it knows, when that one is silent and an earlier one ends the life: as long as its lease.
    /// </summary>
    public long Patience => Lease > 0 ? Lease : 3 * RenewEvery;

    /// <summary>How long a Register goes unanswered before it is sent again. A home that holds does not answer, so this is no sign of loss.</summary>
    public long RegisterAgainAfter { get; init; } = 1_000;

    /// <summary>How long a batch goes unanswered before it is sent again, unchanged.</summary>
    public long SubmitAgainAfter { get; init; } = 1_000;

    /// <summary>How long the mailbox may be known to hold more, with nothing coming, before it is read (PROTOCOL.md, W8).</summary>
    public long ReadAfterSilence { get; init; } = 200;

    /// <summary>How long an operation waits for its answer before its task fails.</summary>
    public long OperationTimeout { get; init; } = 5_000;

    /// <summary>How many operations may wait for an answer before no more sockets and joins are taken.</summary>
    public long MaximumUnanswered { get; init; } = 200_000;

    /// <summary>The most operations in one batch.</summary>
    public int BatchOperations { get; init; } = 1024;

    /// <summary>The size after which a batch is closed, in bytes. A larger operation travels alone.</summary>
    public int BatchBytes { get; init; } = 64 << 10;
}
