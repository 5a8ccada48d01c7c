namespace OrleansAdapter.Grains;

/// <content>Sessions that clients may come back to (RECOVERY.md). Without a worker that asks for them there are none, and no log.</content>
internal sealed partial class Home
{
    private SessionTable? _sessions;

    /// <summary>The lives of the home before this one that have not told which sessions they hold; dead ones never do.</summary>
    private readonly HashSet<ServerId> _untold = [];

    /// <summary>Where sockets are that had moved when the home before this one was lost, until their holders have told of their sessions.</summary>
    private readonly Dictionary<SocketId, (ServerId Life, long Claim)> _moved = [];

    /// <summary>How many sessions there are.</summary>
    public int SessionCount => _sessions?.Count ?? 0;

    /// <summary>How many sessions there are, how many clients are away, and how much is kept for them, in bytes and since how many milliseconds.</summary>
    public (long Sessions, long Away, long WindowBytes, long WindowAge) RecoveryFigures => _sessions is null
        ? default
        : (_sessions.Count, _sessions.AwayCount, _sessions.Bytes, Entries.OldestTime is { } oldest ? _now - oldest : 0);

    /// <summary>The sessions and their log; null where no worker asked for any. For tests and status.</summary>
    internal SessionTable? Sessions => _sessions;

    private void KeepSessions(Register register)
    {
        if (register.Recovery is not { } asked)
        {
            return;
        }
        if (_sessions is null)
        {
            _sessions = new SessionTable(asked, _options.MaximumAway, IsSocket, SessionHasEnded);
        }
        else
        {
            _sessions.Use(asked);
        }
    }

    /// <summary>Who holds a socket: the life that its id names, unless it has moved; none while its client is away.</summary>
    private ServerId HolderOf(SocketId socket) =>
        _sessions is null ? socket.Server
        : _sessions.Find(socket) is { } session && !(session.IsReopened && _moved.ContainsKey(socket)) ? session.Holder
        : _moved.TryGetValue(socket, out var moved) ? moved.Life
        : socket.Server;

    private bool IsSocket(SocketId socket) =>
        _lives.Find(socket.Server) is not null || (_sessions is not null && (_sessions.Find(socket) is not null || _moved.ContainsKey(socket)));

    private void KeepMoved(ServerId life, IReadOnlyList<MovedSocket> sockets)
    {
        foreach (var (socket, claim) in sockets)
        {
            if (!_moved.TryGetValue(socket, out var known) || known.Claim < claim)
            {
                _moved[socket] = (life, claim);
            }
        }
    }

    /// <summary>
    /// What a life may still have though another one holds it by a later claim. Of the entries that told it so, one may have been lost with the home before:
    /// two claims may follow each other before any of the servers concerned hears of the first.
    /// </summary>
    private MovedSocket[] TakenFrom(ServerId life, IReadOnlyList<MovedSocket> held)
    {
        if (_moved.Count == 0)
        {
            return [];
        }
        var had = held.Select(moved => moved.Socket).ToHashSet();
        return [.. _moved.Where(moved => moved.Value.Life != life && (moved.Key.Server == life || had.Contains(moved.Key)))
            .Select(moved => new MovedSocket(moved.Key, moved.Value.Claim))];
    }

    private void TakeSessionWord(Life life, Operation operation)
    {
        if (_sessions is null)
        {
            return;
        }
        var asOf = operation.AsOf;
        life.Reported = Math.Max(life.Reported, asOf - 1);
        var word = (SessionWord)operation.Word!;
        if (word is SessionOnce once)
        {
            KeepOnce(once);
            return;
        }
        var session = _sessions.Find(word.Socket);
        if (word is SessionOpened opened)
        {
            // A later claim that the merge knows of is told of by whoever asked, once that one has heard of it.
            if ((session is null || session.Claim <= opened.Claim) && !(_moved.TryGetValue(opened.Socket, out var moved) && moved.Claim > opened.Claim))
            {
                OpenSession(life, opened, asOf);
            }
            return;
        }
        if (session is null || session.Claim != word.Claim || session.Holder != life.Id)
        {
            return; // it has moved, or has ended
        }
        switch (word)
        {
            case SessionJoined joined:
                _sessions.Join(session, joined.Room, SinceWhen(life, joined.Room, asOf));
                break;
            case SessionLeft left:
                session.Leave(left.Room, asOf);
                break;
            case SessionData data:
                session.Data = Own(data.Data);
                break;
            case SessionAway { IsKept: true } away:
                session.TellLastSent(away.LastSent, asOf);
                _sessions.GoAway(session, _now);
                break;
            case SessionAway away:
                session.TellLastSent(away.LastSent, asOf);
                _sessions.Detach(session, asOf, _now);
                break;
            case SessionEarlier earlier:
                _sessions.TakeEarlier(session, earlier, _now);
                break;
            case SessionEnded:
                _sessions.End(session, session.IsAway ? SessionEnd.Disconnected : SessionEnd.Left);
                break;
        }
    }

    private void OpenSession(Life life, SessionOpened opened, long asOf)
    {
        var session = new Session(opened.Socket, opened.Secret, opened.User)
        {
            Holder = life.Id,
            First = asOf,
            IsReopened = opened.IsAgain,
            IsUnproved = opened.IsUnproved,
            Data = Own(opened.Data),
        };
        if (opened.Claim != 0 || !opened.LastSent.IsNone)
        {
            (session.Trail.Claim, session.Trail.LastSent) = (opened.Claim, opened.LastSent);
        }
        if (_sessions!.Add(session))
        {
            foreach (var room in opened.Rooms)
            {
                _sessions.Join(session, room, SinceWhen(life, room, asOf));
            }
            if (opened.Absence is { } absence)
            {
                session.Trail.KnownAt = absence.KnownAt;
                _sessions.GoAway(session, _now - absence.Age);
            }
        }
        if (_moved.TryGetValue(opened.Socket, out var moved) && moved.Claim <= opened.Claim)
        {
            _moved.Remove(opened.Socket);
        }
    }

    /// <summary>A copy: not the whole message.</summary>
    private static byte[]? Own(ReadOnlyMemory<byte> data) => data.IsEmpty ? null : data.ToArray();

    /// <summary>A socket that joins gets what its server gets for the room and has not handled yet: not less, and not more.</summary>
    private long SinceWhen(Life life, Room room, long asOf) => Math.Max(asOf, RoomTable.Since(room, life) ?? Number);

    private ClaimAnswer TakeClaim(Life life, long position, long run, Operation operation, long firstNumber)
    {
        var claim = (SessionClaim)operation.Word!;
        if (claim.IsOnce)
        {
            var answer = DecideOnce(claim.Secret);
            if (answer == ClaimRefusal.None)
            {
                // All other lives remember it, so that the next home knows of it though this one and the claimer die.
                AppendOfBatch(new Entry(Number, life.Id, position, run, Operation.Acted(claim.Secret)), firstNumber);
            }
            return new ClaimAnswer(position, answer, null, []);
        }
        var session = _sessions?.Find(claim.Secret);
        var left = session?.Holder ?? default;
        var refusal = Decide(claim, session, out var missed);
        if (refusal == ClaimRefusal.TooManyClaims && !left.IsNone)
        {
            // It has ended, and whoever holds the socket is to let it go.
            var over = new SessionMoved(session!.Socket, [], default, IsOver: true);
            AppendOfBatch(new Entry(Number, life.Id, position, run, Operation.Moved(Lives(default, left), over)), firstNumber);
        }
        if (refusal != ClaimRefusal.None)
        {
            return new ClaimAnswer(position, refusal, null, []);
        }
        var moved = new SessionMoved(session!.Socket, session.Rooms, session.Data);
        if (!claim.LooksOnly)
        {
            if (claim.Next is { } next)
            {
                _sessions!.ChangeSecret(session, next);
            }
            Move(session, life, new Entry(Number, life.Id, position, run, Operation.Moved(Lives(left, life.Id), moved)), firstNumber);
        }
        return new ClaimAnswer(position, ClaimRefusal.None, moved, claim.LooksOnly ? [] : missed);

        static BroadcastTarget Lives(ServerId first, ServerId second) => new([], first.IsNone ? [NameOf(second)] : [NameOf(first), NameOf(second)]);

        static SocketId NameOf(ServerId life) => SocketId.FromParts(life, 0);
    }

    private ClaimRefusal Decide(SessionClaim claim, Session? session, out IReadOnlyList<Entry> missed)
    {
        missed = [];
        if (session is null)
        {
            return WillTell ? ClaimRefusal.NotYet : ClaimRefusal.Unknown;
        }
        if (session.User != claim.User)
        {
            return ClaimRefusal.OtherUser;
        }
        if (session.IsReopened && _untold.Count > 0)
        {
            return WillTell ? ClaimRefusal.NotYet : ClaimRefusal.HolderUnproved;
        }
        if (session.IsUnproved)
        {
            return ClaimRefusal.HolderUnproved;
        }
        if ((claim.WithoutMissed ? Number : SessionTable.StartOf(session, OffsetFor(session, claim.Offset), NumberOf)) is not { } start)
        {
            return ClaimRefusal.BadOffset;
        }
        if (claim.LooksOnly)
        {
            return ClaimRefusal.None;
        }
        if (Recall(session, start) is not ClaimRefusal.None and var unknown)
        {
            return unknown;
        }
        if (!SessionTable.CountClaim(session, _now))
        {
            _sessions!.End(session, SessionEnd.TooManyClaims);
            return ClaimRefusal.TooManyClaims;
        }
        List<Entry>? found;
        if (_lives.Find(session.Holder) is { } holder)
        {
            found = _sessions!.Foresee(session, holder.Reported, start, Number, out var unforeseen);
            if (found is null)
            {
                return unforeseen == ClaimRefusal.Unknown ? unforeseen : EndAway(session, unforeseen); // else it stays with its holder
            }
            _sessions.Detach(session, holder.Reported, _now);
        }
        else
        {
            found = _sessions!.Missed(session, start, Number, out var refusal);
            if (found is null)
            {
                return EndAway(session, refusal);
            }
        }
        missed = found;
        return ClaimRefusal.None;
    }

    private void ForgetMoved(ServerId life)
    {
        foreach (var socket in _moved.Where(moved => moved.Value.Life == life).Select(moved => moved.Key).ToArray())
        {
            _moved.Remove(socket);
        }
    }

    /// <summary>Whether a server of the home before is here, and has not told yet which sessions it holds.</summary>
    private bool WillTell => _untold.Any(life => _lives.Find(life) is not null);

    private SessionLog Entries => _sessions!.Entries;

    /// <summary>The claimer takes over at the entry's number: it gets what is for the socket's rooms from then on, as by a remote join.</summary>
    private void Move(Session session, Life life, Entry entry, long firstNumber)
    {
        _sessions!.Attach(session, life.Id, entry.Number);
        AppendOfBatch(entry, firstNumber);
    }

    /// <summary>As for a remote join: the claimer counts as a member of the socket's rooms until it says so itself.</summary>
    private void SetMovedPending(Entry entry)
    {
        if (_targets.Find(life => life.Id == entry.Publisher) is { } claimer)
        {
            foreach (var room in ((SessionMoved)entry.Operation.Word!).Rooms)
            {
                _table.SetPending(room, claimer, entry.Number);
            }
        }
    }

    /// <summary>A life's words are taken in order: with a position, all is said that the entries up to a number made it say.</summary>
    private void ReportedUpTo(Life life)
    {
        if (life.Reporting.Number == 0 || life.LastPosition < life.Reporting.Position)
        {
            return;
        }
        life.Reported = Math.Max(life.Reported, life.Reporting.Number);
        life.Reporting = default;
        if (_untold.Remove(life.Id))
        {
            ForgetMoved(life.Id);
        }
    }
}
