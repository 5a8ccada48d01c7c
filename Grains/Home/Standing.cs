namespace OrleansAdapter.Grains;

/// <summary>
/// Whether a silo is sure of its place, so that its homes may accept (PROTOCOL.md, H14): no other silo can have opened a namespace of its homes. It is where it
/// has read itself as active in the table of silos a short while ago, or has been answered by silos on most of the machines that the table had. Safe under
/// threads; times are milliseconds of any monotonic clock.
/// </summary>
/// <param name="validity">For how long each of that counts, from when the read began, or the question went out.</param>
internal sealed class Standing(long validity)
{
    private const long Never = long.MinValue / 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _answered = new(StringComparer.Ordinal);
    private string[] _others = [];
    private long _readBegan = Never;
    private long _activeUntil = Never;
    private long _sureUntil = Never;
    private bool _isDead;

    /// <summary>For how long a read or an answer counts.</summary>
    public long Validity => validity;

    /// <summary>Whether somebody has said that the table has this silo as dead: it stays so.</summary>
    public bool IsDead => _isDead;

    public bool IsSure(long now) => now < Volatile.Read(ref _sureUntil);

    /// <summary>Whether the others are to be asked, as the table has not been read for a while.</summary>
    public bool AsksOthers(long now) => now >= Volatile.Read(ref _activeUntil) - (validity / 2);

    /// <summary>The table was read.</summary>
    /// <param name="began">When the read began: a read tells how things were then, at the earliest.</param>
    /// <param name="isActive">Whether this silo is active in it; else it is declared dead.</param>
    /// <param name="others">The other machines with active silos.</param>
    public void Read(long began, bool isActive, IEnumerable<string> others)
    {
        lock (_lock)
        {
            if (began < _readBegan)
            {
                return;
            }
            (_readBegan, _others) = (began, [.. others]);
            _isDead |= !isActive;
            Volatile.Write(ref _activeUntil, began + validity);
            Update();
        }
    }

    /// <summary>A silo on another machine has answered.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="asked">When it was asked.</param>
    /// <param name="isDead">Whether it knows that this silo is declared dead.</param>
    public void Answered(string machine, long asked, bool isDead)
    {
        lock (_lock)
        {
            _answered[machine] = Math.Max(_answered.GetValueOrDefault(machine, Never), asked);
            _isDead |= isDead;
            Update();
        }
    }

    /// <summary>Says why it is not sure, as the end of a sentence.</summary>
    public string Why(long now)
    {
        lock (_lock)
        {
            var read = _readBegan == Never ? "it has never read the table of silos" : $"it has not read that table for {(now - _readBegan) / 1_000.0:0.0} s";
            var heard = string.Join(", ", _others.Where(other => IsHeard(other, now)));
            return _isDead ? "the table of silos has it as dead"
                : _others.Length == 0 ? $"{read}, and there was no other machine in it to ask"
                : $"{read}, and of the other machines in it ({string.Join(", ", _others)}) it hears {(heard.Length > 0 ? $"only {heard}" : "none")}";
        }
    }

    private bool IsHeard(string other, long now) => _answered.TryGetValue(other, out var asked) && now - asked < validity;

    /// <summary>Together with its own, those that have answered have to be most of the machines; its own alone is none that could have been heard.</summary>
    private void Update()
    {
        var needed = Math.Max(1, (_others.Length + 1) / 2);
        var answers = _others.Where(_answered.ContainsKey).Select(other => _answered[other]).OrderDescending().ToArray();
        var until = answers.Length >= needed ? answers[needed - 1] + validity : Never;
        Volatile.Write(ref _sureUntil, _isDead ? Never : Math.Max(_activeUntil, until));
    }
}
