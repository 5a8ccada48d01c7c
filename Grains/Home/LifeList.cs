namespace OrleansAdapter.Grains;

/// <summary>The list of a home's lives as servers are told of it. Its version grows by one with each life that comes or goes.</summary>
internal sealed class LifeList
{
    private ServerId[] _lives = [];

    /// <summary>The lives, in a fixed order. Never changed: a change makes another one.</summary>
    public IReadOnlyList<ServerId> Lives => _lives;

    /// <summary>The version; 0 before the home has opened.</summary>
    public long Version { get; private set; }

    /// <summary>The home opens with these lives.</summary>
    public void Begin(IEnumerable<ServerId> lives)
    {
        _lives = [.. lives.Order()];
        Version = 1;
    }

    public void Add(ServerId life)
    {
        _lives = [.. _lives, life];
        Array.Sort(_lives);
        Version++;
    }

    public void Remove(ServerId life)
    {
        _lives = [.. _lives.Where(other => other != life)];
        Version++;
    }
}
