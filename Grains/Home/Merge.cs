using System.Runtime.InteropServices;

namespace OrleansAdapter.Grains;

/// <summary>
/// What the histories of the surviving servers say together (PROTOCOL.md, H5 steps 1–4): who may stay, every entry that anybody still holds
/// under its old number, and what became of each operation whose publisher never got an answer. Pure: it decides, and changes nothing.
/// </summary>
internal sealed class Merge
{
    private readonly SortedDictionary<long, Entry> _entries = [];
    private readonly Dictionary<(ServerId, long), Entry> _byId = [];
    private readonly Dictionary<ServerId, long> _seen = [];
    private readonly Dictionary<long, List<ServerId>> _holders = [];

    /// <summary>Of each publisher, who has seen something of it, and up to which position; made when it is first asked for.</summary>
    private Dictionary<ServerId, List<(Register Register, long Position)>>? _seenBy;

    /// <summary>Who retains which number; made when it is first asked for.</summary>
    private ILookup<long, ServerId>? _retainers;

    /// <summary>By this number the newest life that the list lacks had gone.</summary>
    private long _removed;

    /// <summary>Whether all lives that the home before had are here.</summary>
    private bool _isComplete;

    private Merge()
    {
    }

    /// <summary>The lives that stay, with history, in a fixed order.</summary>
    public List<Register> Admitted { get; } = [];

    /// <summary>The lives that the newest list does not know: fenced before, and still so.</summary>
    public List<ServerId> Fenced { get; } = [];

    /// <summary>The lives that the home before had, by the newest list.</summary>
    public IReadOnlyCollection<ServerId> Known { get; private set; } = [];

    /// <summary>The newest history; null where nobody has one, or they contradict each other.</summary>
    public History? Top { get; private set; }

    /// <summary>Every entry that somebody holds, by its old number.</summary>
    public IReadOnlyCollection<Entry> Entries => _entries.Values;

    /// <summary>The highest number that anybody knows of.</summary>
    public long Number { get; private set; }

    /// <summary>What became of each operation in an outbox, but for the new ones.</summary>
    public Dictionary<(ServerId Life, long Position), OperationResult> Results { get; } = [];

    /// <summary>How often a server's word on a publisher was looked at, for tests.</summary>
    public long Steps { get; private set; }

    /// <summary>Operations that nobody has seen: to be numbered behind all others, life by life, in order.</summary>
    public List<(ServerId Life, OutboxItem Item)> New { get; } = [];

    public static Merge Of(IReadOnlyCollection<Register> registers)
    {
        var merge = new Merge();
        merge.Admit([.. registers.Where(r => r.History is not null).OrderBy(r => r.Life)]);
        merge._isComplete = merge.Known.All(registers.Select(static register => register.Life).ToHashSet().Contains);
        merge.Unite();
        merge.Settle();
        return merge;
    }

    /// <summary>What is left where histories contradict each other: nobody who has one stays, and numbers go on above all of them.</summary>
    public static Merge OfNone(IReadOnlyCollection<Register> registers)
    {
        var merge = new Merge();
        foreach (var register in registers.Where(r => r.History is not null))
        {
            merge.Fenced.Add(register.Life);
            merge.Number = Math.Max(merge.Number, Math.Max(register.History!.Number, register.History.Handled));
        }
        return merge;
    }

    /// <summary>
    /// Whether what a life says of its sessions holds: all lives that may have taken one over are here, and tell as well; or had gone when the life had handled
    /// what told it of that (PROTOCOL.md, S6).
    /// </summary>
    public bool IsProved(Register register) => _isComplete && HasHeardTheGone(register);

    /// <summary>
    /// By this number the newest of the lives that are not here had gone: those that did not come to this merge go with it. Who hears of this home late, or not
    /// at all, and of the next one, has to have heard of that.
    /// </summary>
    public long GoneBy => _isComplete ? _removed : Number;

    /// <summary>Whether a life has handled all that there was for it when the newest of those that had gone did so.</summary>
    public bool HasHeardTheGone(Register register) => register.History!.Handled >= _removed;

    /// <summary>The lives that retain an entry.</summary>
    public IEnumerable<ServerId> RetainersOf(Entry entry)
    {
        _retainers ??= Admitted
            .SelectMany(register => register.History!.Retained, (register, retained) => (retained.Number, register.Life))
            .ToLookup(retained => retained.Number, retained => retained.Life);
        return _retainers[entry.Number];
    }

    /// <summary>
    /// The lives that have handled a request before; null if one of them may have, and has forgotten it as stable: then nobody can tell any more
    /// whom to wait for.
    /// </summary>
    public IReadOnlyList<ServerId>? HoldersOf(Entry request)
    {
        var holders = _holders.GetValueOrDefault(request.Number, []);
        var holding = holders.ToHashSet();
        foreach (var (register, position) in SeenBy().GetValueOrDefault(request.Publisher, []))
        {
            Steps++;
            if (position >= request.Position && register.History!.Handled >= request.Number && !holding.Contains(register.Life))
            {
                return null;
            }
        }
        return holders;
    }

    private void Admit(List<Register> withHistory)
    {
        if (withHistory.Count == 0)
        {
            return;
        }
        var top = withHistory.Max(r => r.History!.Epoch);
        Top = withHistory.Where(r => r.History!.Epoch == top).MaxBy(r => r.History!.ListVersion)!.History!;
        var version = Top.ListVersion;
        _removed = withHistory.Where(r => r.History!.Epoch == top && r.History.ListVersion == version).Min(r => r.History!.Removed);
        var newest = Top.List.ToHashSet();
        Known = newest;
        foreach (var register in withHistory)
        {
            if (newest.Contains(register.Life))
            {
                Admitted.Add(register);
            }
            else
            {
                Fenced.Add(register.Life);
            }
        }
    }

    private void Unite()
    {
        foreach (var register in Admitted)
        {
            var history = register.History!;
            Number = Math.Max(Number, Math.Max(history.Number, history.Handled));
            foreach (var entry in history.Retained)
            {
                Add(entry);
                if (entry.Operation.Kind == OperationKind.Request)
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(_holders, entry.Number, out _) ??= []).Add(register.Life);
                }
            }
            foreach (var item in history.Outbox)
            {
                if (item.Number > 0 && !item.Operation.IsForHome && item.Operation.Kind != OperationKind.Claim)
                {
                    Add(new Entry(item.Number, register.Life, item.Position, item.Run, item.Operation));
                }
            }
            foreach (var (publisher, position) in history.Seen)
            {
                ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, publisher, out _);
                seen = Math.Max(seen, position);
            }
        }
    }

    private void Add(Entry entry)
    {
        if (_entries.TryGetValue(entry.Number, out var same) && (same.Publisher != entry.Publisher || same.Position != entry.Position))
        {
            throw new HistoryConflictException(
                $"Number {entry.Number} stands for {same.Publisher}/{same.Position} and for {entry.Publisher}/{entry.Position}.");
        }
        if (_byId.TryGetValue((entry.Publisher, entry.Position), out var other) && other.Number != entry.Number)
        {
            throw new HistoryConflictException(
                $"Operation {entry.Publisher}/{entry.Position} has the numbers {other.Number} and {entry.Number}.");
        }
        _entries[entry.Number] = entry;
        _byId[(entry.Publisher, entry.Position)] = entry;
        Number = Math.Max(Number, entry.Number);
    }

    private Dictionary<ServerId, List<(Register Register, long Position)>> SeenBy()
    {
        if (_seenBy is not null)
        {
            return _seenBy;
        }
        _seenBy = [];
        foreach (var register in Admitted)
        {
            foreach (var (publisher, position) in register.History!.Seen)
            {
                Steps++;
                (CollectionsMarshal.GetValueRefOrAddDefault(_seenBy, publisher, out _) ??= []).Add((register, position));
            }
        }
        return _seenBy;
    }

    private void Settle()
    {
        var byPublisher = _entries.Values.GroupBy(e => e.Publisher).ToDictionary(g => g.Key, g => g.OrderBy(e => e.Position).ToArray());
        foreach (var register in Admitted)
        {
            var known = byPublisher.GetValueOrDefault(register.Life, []);
            var next = 0;
            foreach (var item in register.History!.Outbox)
            {
                while (next < known.Length && known[next].Position <= item.Position)
                {
                    next++;
                }
                Settle(register.Life, item, next < known.Length ? known[next] : null);
            }
        }
    }

    /// <summary>Rule 4 for one operation; <paramref name="later"/> is the next known one of the same life behind it.</summary>
    private void Settle(ServerId life, OutboxItem item, Entry? later)
    {
        var (position, operation, number, run) = item;
        var seen = _seen.GetValueOrDefault(life);
        var outcome = OperationOutcome.Accepted;
        if (number != 0)
        {
            // answered before: nothing to find out
        }
        else if (_byId.TryGetValue((life, position), out var entry))
        {
            (number, run) = (entry.Number, entry.Run); // (a)
        }
        else if (later is not null && later.Run <= position)
        {
            (number, run) = (later.Number - (later.Position - position), later.Run); // (b)
            if (!operation.IsForHome && operation.Kind != OperationKind.Claim)
            {
                Add(new Entry(number, life, position, run, operation));
            }
        }
        else if (operation.IsForHome && position <= seen)
        {
            // (c): the snapshot of the life's rooms covers it
        }
        else if (later is null && position <= seen)
        {
            outcome = OperationOutcome.Stable; // (d)
        }
        else if (later is not null)
        {
            outcome = OperationOutcome.Unknown; // (e)
        }
        else
        {
            New.Add((life, item)); // (f)
            return;
        }
        Results[(life, position)] = new OperationResult(position, number, run, outcome, null);
    }
}

/// <summary>Two histories say different things of one number or one operation, which no two servers of one home can.</summary>
internal sealed class HistoryConflictException(string message) : Exception(message);
