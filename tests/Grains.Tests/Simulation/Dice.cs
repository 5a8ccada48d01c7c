namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>The one source of randomness of a run: the same seed throws the same dice.</summary>
internal sealed class Dice(int seed)
{
    public int Seed { get; } = seed;

    /// <summary>For code under test that wants a random source of its own.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>From 0 to <paramref name="count"/> − 1.</summary>
    public int Below(int count) => Random.Next(count);

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public ulong Bits() => (ulong)Random.NextInt64();

    public T Any<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
