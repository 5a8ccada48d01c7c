using System.Runtime.InteropServices;

namespace OrleansAdapter.Grains;

/// <content>How a home opens: the merge of what the servers remember of the one before.</content>
internal sealed partial class Home
{
    private void OpenIfComplete(long now)
    {
        if (_hold.IsComplete(_deadProcesses))
        {
            Open(now);
        }
    }

    /// <summary>PROTOCOL.md, H5.</summary>
    private void Open(long now)
    {
        var merge = MergeHistories();
        foreach (var fenced in merge.Fenced)
        {
            Fence(fenced);
            _output.Removed(fenced, RemovalReason.FencedBefore);
        }
        Number = merge.Number;
        _removedAt = merge.GoneBy;
        InheritEpochs(merge);
        _untold.UnionWith(merge.Known);
        foreach (var register in _hold.Registers)
        {
            KeepSessions(register);
            if (register.Recovery is null)
            {
                _untold.Remove(register.Life); // it never had any
            }
            if (register.History is null)
            {
                Admit(register, Number, now);
            }
        }
        foreach (var register in merge.Admitted)
        {
            var life = Admit(register, register.History!.Handled, now);
            life.LastPosition = register.History.LastPosition;
            KeepMoved(life.Id, register.History.Moved);
            life.UnprovedUpTo = merge.IsProved(register) ? 0 : merge.Number;
            foreach (var room in register.History.Rooms)
            {
                _table.SetMember(room, life, member: true, asOf: 0, register.History.Handled);
            }
        }
        _list.Begin(_lives.All.Select(life => life.Id));
        (IsOpen, _openedAt) = (true, now);
        InheritDoubt(merge, now);
        Dictionary<SocketId, List<ServerId>> claimers = [];
        foreach (var entry in merge.Entries)
        {
            FindTargets(entry.Operation.Target!, entry);
            FindEarlierClaimers(entry, claimers);
            _targets.RemoveAll(life => entry.Number <= life.Welcome.From); // handled already
            Append(entry, _copies.AreNeeded && merge.RetainersOf(entry).Any(IsElsewhere));
            KeepTargets(merge, entry);
            if (entry.Operation.Word is SessionMoved { IsOver: false } moved && Has(entry.Publisher))
            {
                KeepMoved(entry.Publisher, [new MovedSocket(moved.Socket, entry.Number)]);
            }
        }
        AppendNew(merge);
        foreach (var register in merge.Admitted)
        {
            var (life, history) = (_lives.Find(register.Life)!, register.History!);
            life.Welcome = (history.LastPosition, history.Handled, [.. history.Outbox.Select(item => merge.Results[(register.Life, item.Position)])]);
            life.Taken = TakenFrom(life.Id, history.Moved);
        }
        _output.Opened(new OpenSummary(Epoch, _lives.Count, merge.Admitted.Count, merge.Entries.Count, Number));
        _hold.Clear();
        foreach (var life in _lives.All)
        {
            Welcome(life);
            Push(life);
        }
        _backlog.Forgive(); // all that gathered during an outage was logged in one turn
        RemoveDead(_deadProcesses.Keys);
    }

    /// <summary>
    /// Whoever is about to handle its own claim has to hear of a later one, though it was not the holder by then: what was between the two may be lost, with
    /// the life that took the socket from it, and had it taken.
    /// </summary>
    private void FindEarlierClaimers(Entry entry, Dictionary<SocketId, List<ServerId>> claimers)
    {
        if (entry.Operation.Word is not SessionMoved moved)
        {
            return;
        }
        ref var earlier = ref CollectionsMarshal.GetValueRefOrAddDefault(claimers, moved.Socket, out _);
        earlier ??= [];
        _targets.AddRange(earlier.Select(_lives.Find).OfType<Life>().Except(_targets).ToArray());
        earlier.Add(entry.Publisher);
    }

    private bool IsElsewhere(ServerId id) => _lives.Find(id) is { } life && _copies.IsElsewhere(life);

    /// <summary>Contradicting histories must not keep the namespace closed: every server that brought one starts anew, and its clients reconnect.</summary>
    private Merge MergeHistories()
    {
        try
        {
            return Merge.Of(_hold.Registers);
        }
        catch (HistoryConflictException exception)
        {
            _output.Conflict(exception.Message);
            return Merge.OfNone(_hold.Registers);
        }
    }

    /// <summary>Tells a request's publisher whose answers to wait for: the servers that handled it before, and those that get it now.</summary>
    private void KeepTargets(Merge merge, Entry entry)
    {
        if (entry.Operation.Kind == OperationKind.Request && merge.Results.TryGetValue((entry.Publisher, entry.Position), out var result))
        {
            ServerId[]? targets = merge.HoldersOf(entry) is { } holders ? [.. holders, .. TargetIds()] : null;
            merge.Results[(entry.Publisher, entry.Position)] = result with { Targets = targets };
        }
    }

    /// <summary>H5.7: one run per life, in position order. The snapshot of the life's rooms covers its own joins and leaves.</summary>
    private void AppendNew(Merge merge)
    {
        ServerId publisher = default;
        long run = 0;
        foreach (var (life, item) in merge.New)
        {
            if (life != publisher)
            {
                (publisher, run) = (life, item.Position);
            }
            Number++;
            merge.Results[(life, item.Position)] = new OperationResult(item.Position, Number, run, OperationOutcome.Accepted, null);
            if (!item.Operation.IsForHome && item.Operation.Kind != OperationKind.Claim) // no session is known yet: its claim fails
            {
                var entry = new Entry(Number, life, item.Position, run, item.Operation);
                FindTargets(entry.Operation.Target!, entry);
                Append(entry);
                KeepTargets(merge, entry);
            }
        }
    }
}
