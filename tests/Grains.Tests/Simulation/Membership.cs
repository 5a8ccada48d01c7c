namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>One stay of a socket in a room, from joining to leaving. Times are moments of the <see cref="Recording"/>.</summary>
internal sealed class Stay(long from)
{
    public long From { get; } = from;

    /// <summary>When it ended; null while it lasts.</summary>
    public long? To { get; set; }

    /// <summary>Why the socket ought to get what is published to the room.</summary>
    public List<Claim> Claims { get; } = [];

    /// <summary>Whether it lasts, or ended only after a moment.</summary>
    public bool Outlasts(long moment) => To is null || To > moment;
}

/// <summary>A reason for a stay to hold in the whole cluster: the join that was confirmed, or the remote join that made it.</summary>
internal sealed class Claim
{
    /// <summary>When the join's task ended.</summary>
    public long? Confirmed { get; set; }

    /// <summary>The remote join, if it was one.</summary>
    public Publish? Via { get; init; }
}
