namespace OrleansAdapter.Grains.Testing;

/// <summary>A time of its own, and what is on its way: each message is lost, repeated and delayed by the seed's dice, while things go wrong.</summary>
internal sealed class ScaleNetwork(ScaleOptions options)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private long _order;

    public Random Random { get; } = new(options.Seed);

    public long Now { get; private set; } = 1;

    /// <summary>Whether things go wrong.</summary>
    public bool IsFaulty { get; set; }

    public void In(long milliseconds, Action action) => _agenda.Enqueue(action, (Now + milliseconds, _order++));

    /// <summary>Carries one message: it arrives once, twice, or not at all.</summary>
    public void Carry(Action arrive)
    {
        if (!IsFaulty)
        {
            In(1, arrive);
            return;
        }
        var copies = Random.NextDouble() < options.Loss ? 0 : Random.NextDouble() < options.Repeat ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            In(1 + Random.Next(options.Delay), arrive);
        }
    }

    /// <summary>A millisecond passes.</summary>
    public void Step()
    {
        Now++;
        while (_agenda.TryPeek(out _, out var next) && next.At <= Now)
        {
            _agenda.Dequeue()();
        }
    }
}
