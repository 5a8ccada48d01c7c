namespace OrleansAdapter.Grains.Testing;

/// <summary>What a <see cref="ScaleCluster"/> is like, and what goes wrong in it.</summary>
internal sealed record ScaleOptions
{
    public int Namespaces { get; init; } = 1;

    /// <summary>How many silos the homes are spread over, one after the other.</summary>
    public int Silos { get; init; } = 1;

    public int Seed { get; init; } = 1;

    /// <summary>Whether a server, by its number, knows rounds; one of the version before asks each home by itself.</summary>
    public Func<int, bool> KnowsRounds { get; init; } = static _ => true;

    /// <summary>Whether a silo's homes say in which one they are; those of the version before do not.</summary>
    public Func<int, bool> NamesSilo { get; init; } = static _ => true;

    /// <summary>The part of all messages, requests and results alike, that is lost while things go wrong.</summary>
    public double Loss { get; init; }

    /// <summary>The part of them that comes twice.</summary>
    public double Repeat { get; init; }

    /// <summary>How long one takes at most while things go wrong, in milliseconds; otherwise it is one.</summary>
    public int Delay { get; init; } = 1;

    /// <summary>Whether bytes are counted, which takes as long as all the rest.</summary>
    public bool CountsBytes { get; init; }
}
