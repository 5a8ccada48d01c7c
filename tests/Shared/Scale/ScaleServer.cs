namespace OrleansAdapter.Grains.Testing;

/// <summary>A server's process: its life in each namespace, and the rounds in which it asks their homes.</summary>
internal sealed class ScaleServer : IRoundsOutput
{
    private readonly ScaleCluster _cluster;

    public ScaleServer(ScaleCluster cluster, int number)
    {
        (_cluster, Number) = (cluster, number);
        Process = ServerId.FromBits((ulong)number << 12);
        Rounds = new Rounds(this);
        Lives = [.. Enumerable.Range(0, cluster.Options.Namespaces).Select(index => new ScaleLife(cluster, this, index))];
    }

    public int Number { get; }

    public ServerId Process { get; }

    /// <summary>Its lives, by the number of their namespaces.</summary>
    public IReadOnlyList<ScaleLife> Lives { get; }

    public Rounds Rounds { get; }

    public bool IsUp { get; set; } = true;

    public void Tick()
    {
        foreach (var life in Lives)
        {
            life.Tick();
        }
        if ((_cluster.Now + (Number * 50L)) % Rounds.LooksEvery == 0)
        {
            Rounds.Look(Lives.Select(life => life.Contact), _cluster.Now);
        }
    }

    /// <summary>A round has been answered; null for a home that was not.</summary>
    public void Take(Round round, HomeMessage[]?[] answers)
    {
        Rounds.Answered(round);
        for (var index = 0; index < answers.Length; index++)
        {
            if (answers[index] is { } messages)
            {
                LifeOf(round.Homes[index]).Take(messages, silo: null);
            }
            else
            {
                Rounds.Unanswered(round, index);
            }
        }
    }

    void IRoundsOutput.Ask(Round round) => _cluster.Ask(this, round);

    void IRoundsOutput.Ask(HomeContact home, Renew? renewal)
    {
        if (renewal is not null)
        {
            _cluster.Call(LifeOf(home), renewal);
        }
        else if (home.Newest is { } newest)
        {
            _cluster.Check(LifeOf(home), newest);
        }
    }

    private ScaleLife LifeOf(HomeContact home) => Lives[ScaleCluster.NumberOf(home.Namespace)];
}
