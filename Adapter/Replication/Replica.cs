namespace OrleansAdapter.Replication;

/// <summary>
/// A server's half of the protocol with one home (PROTOCOL.md, "Rules: worker"): it registers, keeps what it handled and what it sent
/// until the home says that these are stable, and hands entries over in order, each once. A plain state machine: messages and the time
/// go in, messages come out.
/// </summary>
internal sealed class Replica(ReplicaOptions options, IReplicaHost host, ServerId life)
{
    private readonly Outbox _outbox = new(options);
    private readonly Queue<Entry> _retained = new();
    private readonly Dictionary<ServerId, long> _seen = [];
    private readonly Dictionary<Room, OwnMembership> _lastWord = [];
    private ServerId _replaces;
    private long _epoch;
    private long _pledge;
    private long _pledged;
    private long _session;
    private long _handled;
    private long _number;
    private long _stable;
    private long _listVersion;
    private long _last;
    private long _sentRegister;
    private long _sentRenew;
    private long _progress;
    private bool _seenAnother;

    /// <summary>This server's life in the home. A new one after every fence.</summary>
    public ServerId Life { get; private set; } = life;

    /// <summary>Whether the home has admitted this life, as far as is known here.</summary>
    public bool IsLive { get; private set; }

    /// <summary>Whether this server has begun to register: before, nothing is sent.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Whether this server stops: nothing is taken on any more.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The lives in the home, by the newest list seen.</summary>
    public IReadOnlyList<ServerId> List { get; private set; } = [];

    /// <summary>When the home of this life was last heard, by the caller's clock.</summary>
    public long Heard { get; private set; }

    public long Epoch => _epoch;

    /// <summary>The last number handled.</summary>
    public long Handled => _handled;

    public int OutboxCount => _outbox.Count;

    public int RetainedCount => _retained.Count;

    public IReadOnlyCollection<ServerId> SeenPublishers => _seen.Keys;

    public int PendingMemberships => _lastWord.Count;

    /// <summary>
    /// Whether so much waits for the home, in an outage, that no more members can be taken on: each costs operations, which cannot be refused one by one.
    /// </summary>
    public bool IsOverloaded => _outbox.Unanswered >= options.MaximumUnanswered;

    /// <summary>This server stops: all that waits fails, and what still comes is ignored.</summary>
    public void Stop()
    {
        (IsStopped, IsLive) = (true, false);
        _outbox.Clear(OperationFailure.Stopped);
    }

    /// <summary>Whether nothing of this life waits for an answer, or to become stable. Where something does, the home is asked for news: it has none to tell by itself.</summary>
    public bool AskIfSettled(long now)
    {
        if (_outbox.Count == 0 || IsStopped)
        {
            return true;
        }
        if (IsLive)
        {
            SendRenew(now);
        }
        return false;
    }

    /// <summary>Begins to register (W1).</summary>
    public void Start(long now)
    {
        IsStarted = true;
        SendRegister(now);
    }

    /// <summary>The link to the directory is up, perhaps again: what was sent may be lost.</summary>
    public void Connected(long now)
    {
        if (IsStopped)
        {
            return;
        }
        if (!IsLive)
        {
            SendRegister(now);
            return;
        }
        SendRenew(now);
        if (_outbox.Overdue(now, 0) is { } batch)
        {
            host.Send(batch);
        }
    }

    /// <summary>Adds an own operation; it goes out at the end of the turn. Fails it at once where this server stops.</summary>
    public void Submit(PendingOperation operation, long now)
    {
        if (IsStopped)
        {
            operation.Fail(OperationFailure.Stopped);
            return;
        }
        _outbox.Add(operation, now);
    }

    /// <summary>Tells the home that this server has, or has no longer, members in a room.</summary>
    public void TellMembership(Room room, bool member, long now)
    {
        if (IsStopped)
        {
            return;
        }
        var word = new OwnMembership(room, member, _handled, Settled);
        _lastWord[room] = word;
        _outbox.Add(word, now);
    }

    /// <summary>Completes the waiter when all that this server said of these rooms so far holds in the home (W6).</summary>
    public void WhenMembershipHolds(ReadOnlySpan<Room> rooms, TaskCompletionSource waiter)
    {
        OwnMembership? newest = null;
        foreach (var room in rooms)
        {
            if (_lastWord.TryGetValue(room, out var word) && word.Position > (newest?.Position ?? 0))
            {
                newest = word;
            }
        }
        if (newest is null)
        {
            waiter.TrySetResult();
        }
        else
        {
            newest.AddWaiter(waiter);
        }
    }

    /// <summary>Sends what the turn has gathered, if nothing is in flight (W5).</summary>
    public void EndTurn(long now)
    {
        if (IsLive && _outbox.NextBatch(Life, _epoch, _session, _listVersion, now) is { } batch)
        {
            host.Send(batch);
        }
    }

    /// <summary>Sends again what went unanswered, and renews. Call it at least every 50 ms.</summary>
    public void Tick(long now)
    {
        _outbox.FailBefore(now - options.OperationTimeout, IsStarted ? OperationFailure.TimedOut : OperationFailure.NotStarted);
        if (IsStopped || !IsStarted)
        {
            return;
        }
        if (!IsLive)
        {
            if (now - _sentRegister >= options.RegisterAgainAfter)
            {
                SendRegister(now);
            }
            return;
        }
        if (_outbox.Overdue(now, options.SubmitAgainAfter) is { } batch)
        {
            host.Send(batch);
        }
        if (now - _sentRenew >= options.RenewEvery)
        {
            SendRenew(now);
        }
        if (_last > _handled && now - _progress >= options.ReadAfterSilence)
        {
            SendRead(now);
        }
    }

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
                    FenceSelf(now);
                }
                return;
            case Registered registered:
                ReceiveRegistered(registered, now);
                return;
        }
        if (!IsLive || message.Epoch != _epoch || message.Session != _session)
        {
            return;
        }
        Heard = now;
        switch (message)
        {
            case Accepted accepted:
                _outbox.Accept(accepted);
                TakeHead(message.Head, now);
                break;
            case Push push:
                ReceivePush(push, now);
                break;
            default:
                TakeHead(message.Head, now);
                break;
        }
    }

    /// <summary>W2. The pledge never goes back within a life, so two homes can never both have it.</summary>
    private void ReceiveWrongEpoch(WrongEpoch wrong, long now)
    {
        if (wrong.Epoch <= _pledge)
        {
            return;
        }
        (_pledge, _pledged) = (wrong.Epoch, now);
        IsLive = false;
        _outbox.ForgetFlight();
        SendRegister(now);
    }

    /// <summary>W3.</summary>
    private void ReceiveRegistered(Registered registered, long now)
    {
        if (IsLive || registered.Epoch != _pledge)
        {
            return;
        }
        if (_epoch == 0)
        {
            _handled = registered.From;
        }
        (IsLive, Heard) = (true, now);
        (_epoch, _session, _listVersion, _replaces) = (registered.Epoch, registered.Session, 0, default);
        (_last, _progress, _sentRenew) = (0, now, now);
        _outbox.Settle(registered.Results, registered.LastPosition);
        TakeHead(registered.Head, now);
        if (_last > _handled)
        {
            SendRead(now);
        }
    }

    /// <summary>W7.</summary>
    private void ReceivePush(Push push, long now)
    {
        if (push.Previous > _handled)
        {
            TakeHead(push.Head, now);
            SendRead(now);
            return;
        }
        foreach (var entry in push.Entries)
        {
            if (entry.Number > _handled)
            {
                Handle(entry, now);
            }
        }
        TakeHead(push.Head, now);
        if (push.Entries.Count > 0)
        {
            _progress = now;
            host.Send(new Acknowledge { Life = Life, Epoch = _epoch, Session = _session, ListVersion = _listVersion, Handled = _handled });
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

    /// <summary>W4. Every head finishes what is done.</summary>
    private void TakeHead(Head? head, long now)
    {
        if (head is null)
        {
            return;
        }
        if (head.List is { } list && head.ListVersion > _listVersion)
        {
            (_listVersion, List, _seenAnother) = (head.ListVersion, list, true);
            host.ListChanged(list);
        }
        if (_seenAnother)
        {
            ForgetGonePublishers();
        }
        _number = Math.Max(_number, head.Number);
        _stable = Math.Max(_stable, head.Stable);
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
        _outbox.Finish(_handled, _stable);
    }

    /// <summary>
    /// Behind a head's last number there is nothing for this server up to the head's number. Heads may come in any order: an older one still counts, and where all
    /// that any of them told of is handled, the newest one does, also when it came first.
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
        foreach (var gone in _seen.Keys.Where(publisher => !List.Contains(publisher)).ToArray())
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

    /// <summary>W9.</summary>
    private void FenceSelf(long now)
    {
        IsLive = false;
        _outbox.Clear(OperationFailure.Fenced);
        _lastWord.Clear();
        _retained.Clear();
        _seen.Clear();
        List = [];
        (_epoch, _pledge, _session, _handled, _number, _stable, _listVersion, _last) = (0, 0, 0, 0, 0, 0, 0, 0);
        _replaces = Life;
        Life = Life.NextIncarnation();
        host.Fenced(_replaces);
        SendRegister(now);
    }

    private void SendRegister(long now)
    {
        _sentRegister = now;
        host.Send(new Register { Life = Life, Epoch = _pledge, Replaces = _replaces, History = _epoch == 0 ? null : MakeHistory(), Lease = options.Lease });
    }

    private History MakeHistory() => new()
    {
        Epoch = _epoch,
        Handled = _handled,
        Number = _number,
        ListVersion = _listVersion,
        List = List,
        LastPosition = _outbox.LastPosition,
        Retained = [.. _retained],
        Outbox = _outbox.Items(),
        Rooms = host.LocalRooms(),
        Seen = [.. _seen.Select(seen => new SeenPosition(seen.Key, seen.Value))],
    };

    private void SendRenew(long now)
    {
        _sentRenew = now;
        host.Send(new Renew { Life = Life, Epoch = _epoch, Session = _session, ListVersion = _listVersion, Handled = _handled });
    }

    private void SendRead(long now)
    {
        _progress = now;
        host.Send(new ReadAfter { Life = Life, Epoch = _epoch, Session = _session, ListVersion = _listVersion, Handled = _handled });
    }

    private void Settled(OwnMembership word)
    {
        if (_lastWord.TryGetValue(word.Room, out var last) && ReferenceEquals(last, word))
        {
            _lastWord.Remove(word.Room);
        }
    }
}
