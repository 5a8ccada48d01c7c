namespace OrleansAdapter.Grains;

/// <summary>Where a home's messages and news go. Called within the home's own turn; returns at once.</summary>
internal interface IHomeOutput
{
    /// <summary>Sends a message to a life; it may be lost. All lives of a process are reached the same way.</summary>
    void Send(ServerId to, HomeMessage message);

    /// <summary>A life was removed from the home, for logs and metrics.</summary>
    void Removed(ServerId life, RemovalReason reason);

    /// <summary>The home has opened its epoch, for logs and metrics.</summary>
    void Opened(OpenSummary summary);

    /// <summary>What a client might have come back to has ended, for metrics.</summary>
    void SessionEnded(SessionEnd reason)
    {
    }

    /// <summary>
    /// Histories contradict each other: a bug, or servers of different clusters. All who have one are fenced. A host logs it; where nobody does, it throws.
    /// </summary>
    void Conflict(string message) => throw new InvalidOperationException($"The servers' histories contradict each other. {message}");
}

/// <summary>Why a home removed a life.</summary>
internal enum RemovalReason
{
    /// <summary>Its lease ran out.</summary>
    Lapsed,

    /// <summary>A supervisor saw its process end.</summary>
    Died,

    /// <summary>It left too much unacknowledged.</summary>
    Overflow,

    /// <summary>A newer life of the same server took its place.</summary>
    Replaced,

    /// <summary>The homes before had fenced it already.</summary>
    FencedBefore,
}

/// <summary>How an epoch began.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Admitted">How many lives were admitted.</param>
/// <param name="Merged">How many of them brought a history.</param>
/// <param name="Entries">How many entries the histories held together.</param>
/// <param name="Number">The last number after the merge.</param>
internal sealed record OpenSummary(long Epoch, int Admitted, int Merged, int Entries, long Number);
