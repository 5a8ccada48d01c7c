namespace OrleansAdapter.Replication;

/// <summary>
/// A server's half of the protocol with one home (PROTOCOL.md, "Rules: worker"): it registers, keeps what it handled and what it sent
/// until the home says that these are stable, and hands entries over in order, each once. A plain state machine: messages and the time
/// go in, messages come out.
/// </summary>
internal sealed partial class Replica(ReplicaOptions options, IReplicaHost host, ServerId life)
{
    /// <summary>The part of the time between two renewals of the lease for which one may be kept, to travel with those of other namespaces.</summary>
    private const int ShareOfRenewal = 8;

    private readonly Outbox _outbox = new(options);
    private readonly KnownLives _lives = new();
    private readonly Queue<Entry> _retained = new();

    /// <summary>What clients that came back were given of what they had missed: it must not get another number with the next home.</summary>
    private readonly List<Entry> _given = [];
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
    private long _held;
    private long _namedList;
    private long _last;
    private long _sentRegister;
    private long _sentRenew;
    private long _progress;
    private long _ended;
    private long _doubt;
    private long _unheardUntil;
    private bool _seenAnother;
    private Push? _early;
    private IReadOnlyList<PastEpoch> _past = [];

    /// <summary>This server's life in the home. A new one after every fence.</summary>
    public ServerId Life { get; private set; } = life;

    /// <summary>Whether the home has admitted this life, as far as is known here.</summary>
    public bool IsLive { get; private set; }

    /// <summary>Whether this server has begun to register: before, nothing is sent.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Whether this server stops: nothing is taken on any more.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The lives in the home, by the newest list seen.</summary>
    public IReadOnlyList<ServerId> List => _lives.List;

    /// <summary>The version of that list.</summary>
    public long ListVersion => _lives.Version;

    /// <summary>When the home of this life was last heard, by the caller's clock.</summary>
    public long Heard { get; private set; }

    public long Epoch => _epoch;

    /// <summary>The last number handled.</summary>
    public long Handled => _handled;

    public int OutboxCount => _outbox.Count;

    public int RetainedCount => _retained.Count;

    /// <summary>How many entries are kept because a client that came back was given them.</summary>
    public int GivenCount => _given.Count;

    /// <summary>What this server's clients may come back to; null where its sockets have no sessions.</summary>
    public RecoverySettings? Recovery { get; private set; }

    /// <summary>Whether the home keeps sessions.</summary>
    public bool KeepsSessions { get; private set; }

    /// <summary>The last number that this home has from the ones before it; what it decided itself has later ones.</summary>
    public long Inherited => _past.Count > 0 ? _past[^1].Last : 0;

    /// <summary>Of sessions held since this number or before, nobody can tell whether another life held them later.</summary>
    public long UnprovedUpTo { get; private set; }

    public IReadOnlyCollection<ServerId> SeenPublishers => _seen.Keys;

    public int PendingMemberships => _lastWord.Count;

    /// <summary>What this server has said of sessions, and the home has yet to answer.</summary>
    public IEnumerable<SessionWord> UnansweredWords => _outbox.UnansweredWords();

    /// <summary>Whether something that this server said waits for the home's answer.</summary>
    public bool HasUnanswered => _outbox.Unanswered > 0;

    /// <summary>
    /// Whether so much waits for the home, in an outage, that no more members can be taken on: each costs operations, which cannot be refused one by one.
    /// </summary>
    public bool IsOverloaded => _outbox.Unanswered >= options.MaximumUnanswered;

    /// <summary>This server stops: all that waits fails, and what still comes is ignored.</summary>
    public void Stop()
    {
        (IsStopped, IsLive, _early) = (true, false, null);
        _outbox.Clear(OperationFailure.Stopped);
    }

    /// <summary>
    /// Whether nothing of this life waits for an answer, or to become stable. Where something does, the home is asked for news: it has none to tell by
    /// itself.
    /// </summary>
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

    /// <summary>The home is to keep sessions from now on.</summary>
    public void UseRecovery(RecoverySettings settings, long now)
    {
        Recovery = settings;
        if (IsLive)
        {
            SendRegister(now); // a home that knows the life says how things are
        }
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
            Send(batch);
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
        if (_early is not null && !_outbox.IsInFlight)
        {
            _early = null;
            SendRead(now); // what it had to follow did not come with the answer to the batch: it is lost
        }
        if (IsLive && _outbox.NextBatch(Life, _epoch, _session, _lives.Version, now) is { } batch)
        {
            Send(batch);
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
            Send(batch);
        }
        if (now - _sentRenew >= options.RenewEvery)
        {
            SendRenew(now, options.RenewEvery / ShareOfRenewal);
        }
        if (_last > _handled && now - _progress >= options.ReadAfterSilence)
        {
            SendRead(now);
        }
        if (_outbox.AwaitsSecondMachine && now - Math.Max(Heard, _sentRenew) >= options.ReadAfterSilence)
        {
            SendRenew(now); // that it is there may have been said and lost
        }
        if (_lives.Version > _namedList)
        {
            SendAcknowledge(); // else an idle server would be told again what it knows, and more each time
        }
    }

    private void SendRegister(long now)
    {
        _sentRegister = now;
        var history = _epoch == 0 ? null : MakeHistory(now);
        host.Send(new Register { Life = Life, Epoch = _pledge, Replaces = _replaces, History = history, Lease = options.Lease, Recovery = Recovery });
    }

    private History MakeHistory(long now) => new()
    {
        Epoch = _epoch,
        Handled = _handled,
        Number = _number,
        ListVersion = _lives.Version,
        List = List,
        LastPosition = _outbox.LastPosition,
        Retained = [.. _retained, .. _given],
        Outbox = _outbox.Items(),
        Rooms = host.LocalRooms(),
        Moved = Recovery is null ? [] : host.MovedSockets(),
        Doubt = _doubt,
        Unheard = Math.Max(0, _unheardUntil - now),
        Past = _past,
        Removed = _lives.Removed,
        Seen = [.. _seen.Select(seen => new SeenPosition(seen.Key, seen.Value))],
    };

    private void SendRenew(long now, long mayWait = 0)
    {
        _sentRenew = now;
        var position = _outbox.LastPosition;
        Send(new Renew
        {
            Life = Life,
            Epoch = _epoch,
            Session = _session,
            ListVersion = _lives.Version,
            Handled = _handled,
            Position = position,
            EndedUpTo = _ended,
            MayWait = mayWait,
        });
    }

    private void SendAcknowledge(bool mayWait = false) => Send(new Acknowledge
    {
        Life = Life,
        Epoch = _epoch,
        Session = _session,
        ListVersion = _lives.Version,
        Handled = _handled,
        MayWait = mayWait,
    });

    private void Send(WorkerMessage message)
    {
        _namedList = Math.Max(_namedList, message.ListVersion);
        host.Send(message);
    }

    private void SendRead(long now)
    {
        _progress = now;
        Send(new ReadAfter { Life = Life, Epoch = _epoch, Session = _session, ListVersion = _lives.Version, Handled = _handled });
    }

    private void Settled(OwnMembership word)
    {
        if (_lastWord.TryGetValue(word.Room, out var last) && ReferenceEquals(last, word))
        {
            _lastWord.Remove(word.Room);
        }
    }
}
