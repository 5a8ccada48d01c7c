namespace OrleansAdapter.Replication;

/// <content>What comes from the home: epochs and sessions, entries, and heads.</content>
internal sealed partial class Replica
{
    public void Receive(HomeMessage message, long now)
    {
        if (message.Life != Life || IsStopped)
        {
            return;
        }
        switch (message)
        {
            case WrongEpoch wrong:
                ReceiveWrongEpoch(wrong, now);
                return;
            case Fenced fenced:
                if (!IsOutdated(fenced, now))
                {
                    FenceSelf(fenced, now);
                }
                return;
            case Registered registered:
                ReceiveRegistered(registered, now);
                return;
        }
        if (!IsLive || message.Epoch != _epoch || message.Session != _session || (message.Head is { } head && !_lives.Covers(head)))
        {
            return;
        }
        Heard = now;
        switch (message)
        {
            case Accepted accepted:
                _outbox.Accept(accepted);
                foreach (var claim in accepted.Claims)
                {
                    _given.AddRange(claim.Missed.Where(entry => entry.Number > _stable));
                }
                TakeHead(message.Head, now);
                break;
            case Push push:
                ReceivePush(push, now);
                break;
            case Renewed renewed:
                _doubt = renewed.Doubt;
                TakeHead(message.Head, now);
                TakeEnded(renewed, now);
                break;
            case Recall recall:
                TakeHead(message.Head, now);
                host.Recalled(recall);
                break;
            default:
                TakeHead(message.Head, now);
                break;
        }
    }

    /// <summary>Each is told of once, however often the home says it; and there may be more.</summary>
    private void TakeEnded(Renewed renewed, long now)
    {
        if (renewed.EndedUpTo <= _ended || renewed.Ended.Count == 0)
        {
            return;
        }
        var first = renewed.EndedUpTo - renewed.Ended.Count + 1;
        host.SessionsEnded([.. renewed.Ended.Skip((int)Math.Max(0, _ended + 1 - first))]);
        _ended = renewed.EndedUpTo;
        SendRenew(now);
    }

    /// <summary>W2. The pledge never goes back within a life, so two homes can never both have it.</summary>
    private void ReceiveWrongEpoch(WrongEpoch wrong, long now)
    {
        if (wrong.Epoch <= _pledge)
        {
            return;
        }
        (_pledge, _pledged) = (wrong.Epoch, now);
        (IsLive, _early) = (false, null);
        _outbox.ForgetFlight();
        SendRegister(now);
    }

    /// <summary>W3.</summary>
    private void ReceiveRegistered(Registered registered, long now)
    {
        if (IsLive && registered.Epoch == _epoch && registered.Session == _session && registered.KeepsSessions && !KeepsSessions)
        {
            KeepsSessions = true;
            host.Registered();
            return;
        }
        if (IsLive || registered.Epoch != _pledge)
        {
            return;
        }
        if (_epoch == 0)
        {
            _handled = registered.From;
        }
        (IsLive, Heard) = (true, now);
        (_epoch, _session, _replaces) = (registered.Epoch, registered.Session, default);
        (_last, _namedList, _progress, _sentRenew, _ended) = (0, 0, now, now, 0);
        _held = 0; // who had it may be on the machine of this home
        (_doubt, _unheardUntil, _past) = (registered.Doubt, now + registered.Unheard, registered.Past);
        UnprovedUpTo = Math.Max(UnprovedUpTo, registered.UnprovedUpTo);
        _lives.BeginSession(registered.Removed);
        _outbox.Settle(registered.Results, registered.LastPosition);
        TakeHead(registered.Head, now);
        KeepsSessions = registered.KeepsSessions && Recovery is not null;
        host.Taken(registered.Taken);
        host.Registered();
        if (KeepsSessions)
        {
            SendRenew(now); // tells that all sessions are told
        }
        if (_last > _handled)
        {
            SendRead(now);
        }
    }

    /// <summary>
    /// W7. What comes before its turn is kept while a batch of this server is in flight, because the answer to that brings the push before it; else that one is
    /// lost.
    /// </summary>
    private void ReceivePush(Push push, long now)
    {
        if (push.Previous > _handled)
        {
            TakeHead(push.Head, now);
            if (_early is null && push.Entries.Count > 0 && _outbox.IsInFlight)
            {
                _early = push;
                return;
            }
            _early = null;
            SendRead(now);
            return;
        }
        var mayWait = true;
        foreach (var entry in push.Entries)
        {
            if (entry.Number > _handled)
            {
                Handle(entry, now);
            }
            mayWait &= entry.Publisher == Life;
        }
        TakeHead(push.Head, now);
        if (push.Entries.Count > 0)
        {
            _progress = now;
            SendAcknowledge(mayWait && !_outbox.AwaitsSecondMachine);
        }
        if (_early is { } early && early.Previous <= _handled)
        {
            _early = null;
            ReceivePush(early, now);
        }
    }

    private void Handle(Entry entry, long now)
    {
        _handled = entry.Number;
        if (_seen.GetValueOrDefault(entry.Publisher) >= entry.Position)
        {
            return;
        }
        _retained.Enqueue(entry);
        _seenAnother |= !_seen.ContainsKey(entry.Publisher);
        _seen[entry.Publisher] = entry.Position;
        host.Handle(entry);
        if (entry.Operation.Kind == OperationKind.SocketsJoin)
        {
            foreach (var room in entry.Operation.Rooms)
            {
                // Always answered, even where nothing changed: the home counts this server as a member until it is.
                TellMembership(room, host.HasMembers(room), now);
            }
        }
    }

    /// <summary>
    /// A client that came back was given these entries, and this server has handled all up to its claim, so that it has seen them as if they had been in its
    /// mailbox (S6): what a publisher says again of them has happened, also where they are stable and nobody retains them.
    /// </summary>
    public void HasGiven(IReadOnlyList<Entry> missed)
    {
        foreach (var entry in missed)
        {
            _seenAnother |= !_seen.ContainsKey(entry.Publisher);
            _seen[entry.Publisher] = Math.Max(_seen.GetValueOrDefault(entry.Publisher), entry.Position);
        }
    }

    /// <summary>W4. Every head finishes what is done.</summary>
    private void TakeHead(Head? head, long now)
    {
        if (head is null)
        {
            return;
        }
        if (_lives.Take(head))
        {
            _seenAnother = true;
            host.ListChanged(List);
        }
        if (_seenAnother)
        {
            ForgetGonePublishers();
        }
        _number = Math.Max(_number, head.Number);
        _stable = Math.Max(_stable, head.Stable);
        _held = Math.Max(_held, Math.Min(head.Held, head.Number)); // heads may come in any order, and one speaks of what had a number when it was said
        if (_handled >= _last && head.Last > _handled)
        {
            _progress = now; // news that there is more: the silence begins here
        }
        _last = Math.Max(_last, head.Last);
        SkipWhatIsForOthers(head);
        while (_retained.TryPeek(out var oldest) && oldest.Number <= _stable)
        {
            _retained.Dequeue();
        }
        if (_given.Count > 0)
        {
            _given.RemoveAll(entry => entry.Number <= _stable);
        }
        _outbox.Finish(_handled, _held, _stable);
    }

    /// <summary>
    /// Behind a head's last number there is nothing for this server up to the head's number. Heads may come in any order: an older one still counts, and
    /// where all that any of them told of is handled, the newest one does, also when it came first.
    /// </summary>
    private void SkipWhatIsForOthers(Head head)
    {
        if (_handled >= head.Last)
        {
            _handled = Math.Max(_handled, head.Number);
        }
        if (_handled >= _last)
        {
            _handled = Math.Max(_handled, _number);
        }
    }

    /// <summary>What a publisher left in this mailbox may come after the list that no longer has it.</summary>
    private void ForgetGonePublishers()
    {
        foreach (var gone in _seen.Keys.Where(publisher => !_lives.Contains(publisher)).ToArray())
        {
            _seen.Remove(gone);
        }
        _seenAnother = false;
    }

    /// <summary>
    /// Whether a home that has been superseded says this: one that was cut off and is back, say. What has no successor is obeyed in the end: it goes on
    /// saying so, and nothing is heard of a later home.
    /// </summary>
    private bool IsOutdated(Fenced fenced, long now) =>
        _epoch != 0 && fenced.Epoch < _pledge && now - Math.Max(Heard, _pledged) < options.Patience;

    /// <summary>
    /// W9. A fresh life that the home does not admit for which it registered, as that takes its process for dead, is followed by the next one after a while
    /// only: that home would refuse it as well, as often as it asks.
    /// </summary>
    private void FenceSelf(Fenced fenced, long now)
    {
        var isRefused = _epoch == 0 && fenced.Epoch == _pledge;
        (IsLive, KeepsSessions, UnprovedUpTo, _early) = (false, false, 0, null);
        _outbox.Clear(OperationFailure.Fenced);
        _lastWord.Clear();
        _retained.Clear();
        _given.Clear();
        _seen.Clear();
        _lives.Clear();
        (_epoch, _pledge, _session, _handled, _number, _stable, _held, _last, _past) = (0, 0, 0, 0, 0, 0, 0, 0, []);
        _replaces = Life;
        Life = Life.NextIncarnation();
        host.Fenced(_replaces);
        if (isRefused)
        {
            _sentRegister = now;
            return;
        }
        SendRegister(now);
    }
}
