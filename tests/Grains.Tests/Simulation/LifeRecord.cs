namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>What is known of one life of a server. Times are moments of the <see cref="Recording"/>.</summary>
internal sealed class LifeRecord(ServerId id)
{
    private readonly HashSet<Publish> _handled = [];

    public ServerId Id { get; } = id;

    /// <summary>Every entry that it handled, in order, with the number it had.</summary>
    public List<(Publish Publish, long Number)> Handled { get; } = [];

    /// <summary>Its process was killed, or it was fenced and knows it.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The newest epoch that admitted it; 0 for none.</summary>
    public long LastEpoch { get; set; }

    /// <summary>When homes fenced it, or opened without it, by epoch; none while it is in.</summary>
    public Dictionary<long, long> Fences { get; } = [];

    /// <summary>It was removed before it had heard that it was in, and came in again under the same id: what was for it in between is gone.</summary>
    public bool WasReadmitted { get; set; }

    /// <summary>When its fence was forgotten together with all that knew of it ("Deliberately not promised", 3).</summary>
    public long? Forgotten { get; set; }

    /// <summary>When the newest message was sent that it took from a home, by epoch.</summary>
    public Dictionary<long, long> Told { get; } = [];

    /// <summary>Notes that it handled an entry; false if it had before.</summary>
    public bool Handle(Publish publish, long number)
    {
        Handled.Add((publish, number));
        return _handled.Add(publish);
    }
}
