namespace OrleansAdapter.Grains;

/// <summary>
/// The time between a home's start and its opening: who has registered, who is known to be dead, and whether it may open
/// (PROTOCOL.md, H4). The first Register of a life counts.
/// </summary>
internal sealed class Hold(HomeOptions options, bool firstStart)
{
    private readonly SortedDictionary<ServerId, Register> _registers = [];
    private readonly HashSet<ServerId> _replaced = [];

    /// <summary>Who is in the list of a history, and has not registered; some of them may be known to be dead.</summary>
    private readonly HashSet<ServerId> _missing = [];
    private int _histories;
    private long? _until;

    public IReadOnlyCollection<Register> Registers => _registers.Values;

    /// <summary>How often a life in a history's list was looked at, for tests: a register must not cost another look at the lists of all.</summary>
    public long Steps { get; private set; }

    /// <summary>The epoch was raised: everybody has to register again.</summary>
    public void Clear()
    {
        _registers.Clear();
        _missing.Clear();
        _histories = 0;
        _until = null;
    }

    public void Add(Register register, long now)
    {
        if (!register.Replaces.IsNone)
        {
            Replace(register.Replaces);
        }
        if (!_replaced.Contains(register.Life) && _registers.TryAdd(register.Life, register))
        {
            _missing.Remove(register.Life);
            if (register.History is { } history)
            {
                _until = _histories == 0 ? now + options.HoldForKnown : _until;
                Take(history);
            }
        }
        _until ??= now + options.Hold;
    }

    /// <summary>The directory itself was paused: who wrote meanwhile has not been heard yet.</summary>
    public void Extend(long milliseconds, long now)
    {
        if (_until is { } until)
        {
            _until = Math.Min(until + milliseconds, now + (_histories == 0 ? options.Hold : options.HoldForKnown));
        }
    }

    /// <summary>Whether the wait is over, whoever is missing.</summary>
    public bool IsOver(long now) => _registers.Count > 0 && now >= _until;

    /// <summary>Whether there is nobody left to wait for.</summary>
    public bool IsComplete(IReadOnlyDictionary<ServerId, long> deadProcesses)
    {
        if (_histories == 0)
        {
            return firstStart && _registers.Count > 0;
        }
        foreach (var life in _missing)
        {
            Steps++;
            if (!deadProcesses.ContainsKey(life.Process))
            {
                return false;
            }
            _missing.Remove(life);
        }
        return true;
    }

    private void Take(History history)
    {
        _histories++;
        foreach (var life in history.List)
        {
            Steps++;
            if (!_registers.ContainsKey(life) && !_replaced.Contains(life))
            {
                _missing.Add(life);
            }
        }
    }

    private void Replace(ServerId life)
    {
        _replaced.Add(life);
        _missing.Remove(life);
        if (_registers.Remove(life, out var register) && register.History is not null)
        {
            // Whoever only its list named is not waited for. That is seldom: who has just registered with a history was fenced meanwhile.
            _missing.Clear();
            _histories = 0;
            foreach (var history in _registers.Values.Select(other => other.History).OfType<History>())
            {
                Take(history);
            }
        }
    }
}
