namespace OrleansAdapter.Grains;

/// <summary>
/// The time between a home's start and its opening: who has registered, who is known to be dead, and whether it may open
/// (PROTOCOL.md, H4). The first Register of a life counts.
/// </summary>
internal sealed class Hold(HomeOptions options, bool firstStart)
{
    private readonly SortedDictionary<ServerId, Register> _registers = [];
    private readonly HashSet<ServerId> _replaced = [];
    private long? _until;

    public IReadOnlyCollection<Register> Registers => _registers.Values;

    /// <summary>The epoch was raised: everybody has to register again.</summary>
    public void Clear()
    {
        _registers.Clear();
        _until = null;
    }

    public void Add(Register register, long now)
    {
        if (!register.Replaces.IsNone)
        {
            _registers.Remove(register.Replaces);
            _replaced.Add(register.Replaces);
        }
        if (!_replaced.Contains(register.Life))
        {
            var firstHistory = register.History is not null && _registers.Values.All(r => r.History is null);
            if (_registers.TryAdd(register.Life, register) && firstHistory)
            {
                _until = now + options.HoldForKnown;
            }
        }
        _until ??= now + options.Hold;
    }

    /// <summary>The directory itself was paused: who wrote meanwhile has not been heard yet.</summary>
    public void Extend(long milliseconds, long now)
    {
        if (_until is { } until)
        {
            _until = Math.Min(until + milliseconds, now + (_registers.Values.All(r => r.History is null) ? options.Hold : options.HoldForKnown));
        }
    }

    /// <summary>Whether the wait is over, whoever is missing.</summary>
    public bool IsOver(long now) => _registers.Count > 0 && now >= _until;

    /// <summary>Whether there is nobody left to wait for.</summary>
    public bool IsComplete(IReadOnlyDictionary<ServerId, long> deadProcesses)
    {
        if (_registers.Count == 0)
        {
            return false;
        }
        var histories = _registers.Values.Where(r => r.History is not null).Select(r => r.History!).ToArray();
        return histories.Length == 0
            ? firstStart
            : histories.SelectMany(h => h.List).All(
                life => _registers.ContainsKey(life) || _replaced.Contains(life) || deadProcesses.ContainsKey(life.Process));
    }
}
