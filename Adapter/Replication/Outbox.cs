namespace OrleansAdapter.Replication;

/// <summary>
/// A life's own operations, in order and without holes, until they are answered and stable (PROTOCOL.md, W5 and W6). One batch is in flight
/// at a time; what has been answered is a prefix, what has ended is a prefix of that.
/// </summary>
internal sealed class Outbox(ReplicaOptions options)
{
    private PendingOperation[] _ring = new PendingOperation[64];
    private int _head;
    private int _count;
    private long _first = 1;
    private long _ended = 1;
    private long _handled = 1;
    private long _answered = 1;
    private long _timedOut = 1;
    private Submit? _flight;
    private long _flightSent;

    /// <summary>The last position used.</summary>
    public long LastPosition => _first + _count - 1;

    /// <summary>How many operations are kept.</summary>
    public int Count => _count;

    /// <summary>How many operations are not answered yet.</summary>
    public long Unanswered => LastPosition + 1 - _answered;

    /// <summary>Whether a batch is in flight.</summary>
    public bool IsInFlight => _flight is not null;

    public void Add(PendingOperation operation, long now)
    {
        if (_count == _ring.Length)
        {
            var larger = new PendingOperation[_ring.Length * 2];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
            }
            (_ring, _head) = (larger, 0);
        }
        _ring[(_head + _count) & (_ring.Length - 1)] = operation;
        _count++;
        operation.Position = LastPosition;
        operation.Since = now;
    }

    /// <summary>The next batch to send, if none is in flight: it counts as in flight from now on.</summary>
    public Submit? NextBatch(ServerId life, long epoch, long session, long listVersion, long now)
    {
        if (_flight is not null || Unanswered == 0)
        {
            return null;
        }
        var count = 0;
        long bytes = 0;
        while (count < Unanswered && count < options.BatchOperations)
        {
            var size = At(_answered + count).Operation.Size;
            if (count > 0 && bytes + size > options.BatchBytes)
            {
                break;
            }
            bytes += size;
            count++;
        }
        var operations = new Operation[count];
        for (var i = 0; i < count; i++)
        {
            operations[i] = At(_answered + i).Operation;
        }
        _flight = new Submit { Life = life, Epoch = epoch, Session = session, ListVersion = listVersion, First = _answered, Operations = operations };
        _flightSent = now;
        return _flight;
    }

    /// <summary>The batch in flight, if it was sent long enough ago to be sent again, unchanged.</summary>
    public Submit? Overdue(long now, long after)
    {
        if (_flight is null || now - _flightSent < after)
        {
            return null;
        }
        _flightSent = now;
        return _flight;
    }

    /// <summary>The home took the batch that begins at <see cref="Accepted.First"/>; false if that is not the one in flight.</summary>
    public bool Accept(Accepted accepted)
    {
        if (_flight is null || accepted.First != _flight.First)
        {
            return false;
        }
        _flight = null;
        var target = 0;
        foreach (var claim in accepted.Claims)
        {
            At(claim.Position).AnswerClaim(claim, accepted.Epoch);
        }
        for (var i = 0; i < accepted.Count; i++)
        {
            var operation = At(accepted.First + i);
            var targets = target < accepted.Targets.Count && accepted.Targets[target].Position == operation.Position ? accepted.Targets[target++].Lives : null;
            operation.Answer(accepted.FirstNumber + i, accepted.First, OperationOutcome.Accepted, targets);
        }
        _answered = accepted.First + accepted.Count;
        return true;
    }

    /// <summary>A merge settled these; everything else up to <paramref name="lastPosition"/> had left the outbox before.</summary>
    public void Settle(IReadOnlyList<OperationResult> results, long lastPosition)
    {
        _flight = null;
        foreach (var result in results)
        {
            if (result.Position >= _first)
            {
                At(result.Position).Answer(result.Number, result.Run, result.Outcome, result.Targets);
            }
        }
        _answered = Math.Max(_answered, lastPosition + 1);
    }

    /// <summary>Nothing is in flight any more: the epoch it was sent in has ended.</summary>
    public void ForgetFlight() => _flight = null;

    /// <summary>Ends what is done, and drops what is stable.</summary>
    /// <param name="handled">Up to this number this server has handled all.</param>
    /// <param name="held">Up to this number what it published is on a second machine, where that is asked for (W6).</param>
    /// <param name="stable">Up to this number all have acknowledged all.</param>
    public void Finish(long handled, long held, long stable)
    {
        for (; _handled < _answered; _handled++)
        {
            var operation = At(_handled);
            if (!operation.Operation.IsForHome && operation.Number > handled)
            {
                break;
            }
            if (operation.Number <= held || !operation.Operation.IsBroadcast)
            {
                operation.Succeed();
            }
        }
        for (; _ended < _handled && (At(_ended).IsEnded || At(_ended).Number <= held); _ended++)
        {
            At(_ended).Succeed();
        }
        while (_first < _ended && (At(_first).Operation.IsForHome || At(_first).Number <= stable))
        {
            _ring[_head] = null!;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
            _first++;
        }
    }

    /// <summary>Whether something is accepted and handled here, and waits to be on a second machine.</summary>
    public bool AwaitsSecondMachine => _ended < _handled;

    /// <summary>
    /// Fails operations that have waited too long, whatever for: an answer, their own entry, or a second machine. They stay: they may still
    /// happen. Each is looked at once: they are in the order of their age.
    /// </summary>
    /// <param name="since">Those that are older.</param>
    /// <param name="failure">Why, for all but those that wait for a second machine alone.</param>
    public void FailBefore(long since, OperationFailure failure)
    {
        for (_timedOut = Math.Max(_timedOut, _ended); _timedOut <= LastPosition && At(_timedOut).Since < since; _timedOut++)
        {
            if (!At(_timedOut).IsEnded)
            {
                At(_timedOut).TimeOut(_timedOut < _handled ? OperationFailure.NotHeld : failure);
            }
        }
    }

    /// <summary>Fails everything that has not ended, and begins again at position 1.</summary>
    public void Clear(OperationFailure failure)
    {
        for (var position = _ended; position <= LastPosition; position++)
        {
            At(position).Fail(failure);
        }
        Array.Clear(_ring);
        (_head, _count, _first, _ended, _handled, _answered, _timedOut, _flight) = (0, 0, 1, 1, 1, 1, 1, null);
    }

    /// <summary>What is said of sessions and not answered yet: a home that settled what was before has yet to hear it.</summary>
    public IEnumerable<SessionWord> UnansweredWords()
    {
        for (var position = _answered; position <= LastPosition; position++)
        {
            if (At(position).Operation.Word is SessionWord word)
            {
                yield return word;
            }
        }
    }

    /// <summary>What a history tells: all that is unanswered, and what is answered and not stable. Own membership, once answered, is in the snapshot.</summary>
    public List<OutboxItem> Items()
    {
        var items = new List<OutboxItem>(_count);
        for (var position = _first; position <= LastPosition; position++)
        {
            var operation = At(position);
            if (operation.IsAnswered && (operation.Operation.IsForHome || operation.Number == 0))
            {
                continue;
            }
            items.Add(new OutboxItem(position, operation.Operation, operation.Number, operation.Run));
        }
        return items;
    }

    private PendingOperation At(long position) => _ring[(_head + (int)(position - _first)) & (_ring.Length - 1)];
}
