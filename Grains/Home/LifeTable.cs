namespace OrleansAdapter.Grains;

/// <summary>The lives that a home has admitted, by id. It counts how many are looked at, since a publish must look at those with members only.</summary>
internal sealed class LifeTable
{
    private readonly Dictionary<ServerId, Life> _lives = [];
    private readonly Dictionary<ServerId, List<Life>> _ofProcesses = [];

    public int Count => _lives.Count;

    /// <summary>How often a life was looked at: what tests count.</summary>
    public long Steps { get; private set; }

    /// <summary>Every life: to walk them is for changes of the list, and for time, not for what happens often.</summary>
    public Dictionary<ServerId, Life>.ValueCollection All
    {
        get
        {
            Steps += _lives.Count;
            return _lives.Values;
        }
    }

    /// <summary>A life; null if it is not in the home.</summary>
    public Life? Find(ServerId id)
    {
        Steps++;
        return _lives.GetValueOrDefault(id);
    }

    /// <summary>The lives of a process; mostly one.</summary>
    public IReadOnlyList<Life> OfProcess(ServerId process)
    {
        Steps++;
        return _ofProcesses.TryGetValue(process, out var lives) ? lives : [];
    }

    public void Add(Life life)
    {
        _lives.Add(life.Id, life);
        if (!_ofProcesses.TryGetValue(life.Id.Process, out var lives))
        {
            _ofProcesses[life.Id.Process] = lives = new(1);
        }
        lives.Add(life);
    }

    public void Remove(Life life)
    {
        _lives.Remove(life.Id);
        var lives = _ofProcesses[life.Id.Process];
        lives.Remove(life);
        if (lives.Count == 0)
        {
            _ofProcesses.Remove(life.Id.Process);
        }
    }
}
