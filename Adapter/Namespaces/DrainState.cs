namespace OrleansAdapter.Namespaces;

/// <summary>A client that is to go elsewhere.</summary>
internal interface IDrainedClient
{
    /// <summary>Whether it is here and has not been asked to go.</summary>
    bool IsHere { get; }

    /// <summary>Whether it or this server owes the other an answer: it is not asked just now.</summary>
    bool IsBusy { get; }

    /// <summary>What it speaks, and over what; null where it is somebody else's, and only passes through.</summary>
    ClientKind? Kind { get; }

    /// <summary>How many bytes wait for it here.</summary>
    long QueuedBytes => 0;

    /// <summary>Whether that is more than may wait at any time.</summary>
    bool IsSlow => false;

    /// <summary>Asks it to go, behind all that it has been sent. Returns at once.</summary>
    void Move();

    /// <summary>Ends it: there is no more time.</summary>
    void Cut();
}

/// <summary>What has clients: each protocol's front.</summary>
internal interface IDrainedFront
{
    /// <summary>How many clients there are, also of those that are on their way out.</summary>
    int Count { get; }

    /// <summary>Them, at this moment or a little later.</summary>
    IEnumerable<IDrainedClient> Clients { get; }
}

/// <summary>Whether this server is being drained, and who has clients to be moved.</summary>
internal sealed class DrainState
{
    private readonly Lock _lock = new();
    private volatile IDrainedFront[] _fronts = [];
    private volatile bool _isDraining;
    private Action? _begins;

    /// <summary>Whether no new clients are taken.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>How many clients there are.</summary>
    public int Count => _fronts.Sum(front => front.Count);

    /// <summary>The clients.</summary>
    public IEnumerable<IDrainedClient> Clients => _fronts.SelectMany(front => front.Clients);

    /// <summary>Calls back when it begins; not where it has begun already.</summary>
    public void OnBegin(Action callback)
    {
        lock (_lock)
        {
            _begins += callback;
        }
    }

    public void Begin()
    {
        _isDraining = true;
        Action? begins;
        lock (_lock)
        {
            begins = _begins;
        }
        begins?.Invoke();
    }

    public void Add(IDrainedFront front)
    {
        lock (_lock)
        {
            _fronts = [.. _fronts, front];
        }
    }
}
