namespace OrleansAdapter.Grains;

/// <summary>The sessions of a namespace, and the log that their clients are given what they missed from. Decides all or nothing (RECOVERY.md).</summary>
internal sealed class SessionTable
{
    private const int ClaimsPerMinute = 10;

    private readonly int _mostAway;
    private readonly Action<Session, SessionEnd, bool> _ended;
    private readonly SessionIndex _sessions = new();
    private readonly LinkedList<Session> _away = [];
    private readonly EarlierStore _earlier = new();
    private RecoverySettings _settings;

    /// <param name="settings">How long and how much is kept.</param>
    /// <param name="mostAway">Of how many clients that are away sessions are kept.</param>
    /// <param name="isSocket">Whether a room's name is that of a socket.</param>
    /// <param name="ended">Told of a session that has ended, why, and whether its client was away.</param>
    public SessionTable(RecoverySettings settings, int mostAway, Func<SocketId, bool> isSocket, Action<Session, SessionEnd, bool> ended)
    {
        (_settings, _mostAway, _ended) = (settings, mostAway, ended);
        Entries = new SessionLog(isSocket, Find);
    }

    public SessionLog Entries { get; }

    /// <summary>What is kept for clients that come back, in bytes.</summary>
    public long Bytes => Entries.Bytes + _earlier.Bytes;

    public int Count => _sessions.Count;

    /// <summary>How long sessions are kept, in milliseconds.</summary>
    public long Window => _settings.KeepSessions;

    public int AwayCount => _away.Count;

    /// <summary>What workers ask for; the most that any of them does.</summary>
    public void Use(RecoverySettings asked) => _settings = _settings.And(asked);

    public Session? Find(SocketId socket) => _sessions.Find(socket);

    public Session? Find(SecretHash secret) => _sessions.Find(secret);

    /// <summary>Takes a session in, in the place of what is known of it. False for one whose secret another one has.</summary>
    public bool Add(Session session)
    {
        if (Find(session.Socket) is { } known)
        {
            Remove(known);
        }
        if (!_sessions.Add(session))
        {
            return false; // 120 random bits do not meet: whoever sent this made it up
        }
        Entries.Begin(session);
        return true;
    }

    /// <summary>Its holder says that it joined a room, and gets what is for it from a number on.</summary>
    public void Join(Session session, Room room, long since)
    {
        var track = Entries.TrackOf(room);
        if (session.JoinAgain(track, since))
        {
            track.Users++;
            Prune(session);
        }
    }

    /// <summary>Logs an entry; sessions that no life holds join, leave and end by it at once.</summary>
    public void Log(Entry entry, long now)
    {
        Entries.Add(entry, now, _settings.KeepsPackets);
        if (SessionLog.Steers(entry.Operation))
        {
            for (var node = _away.First; node is not null;)
            {
                var (session, next) = (node.Value, node.Next);
                if (session.Holder.IsNone)
                {
                    Steer(session, entry);
                }
                node = next;
            }
        }
        if (Entries.Bytes > _settings.WindowBytes)
        {
            Entries.Trim(long.MinValue, _settings.WindowBytes);
        }
    }

    /// <summary>Ends what has run out.</summary>
    public void Tick(long now)
    {
        Entries.Trim(now - _settings.KeepEntries, _settings.WindowBytes);
        _earlier.Trim(now - _settings.KeepEntries);
        while (_away.First is { } oldest && now - oldest.Value.Trail.AwaySince > _settings.KeepSessions)
        {
            End(oldest.Value, SessionEnd.Expired);
        }
    }

    /// <summary>A client is away, and its holder keeps what is for it, and decides what others do to it.</summary>
    public void GoAway(Session session, long since)
    {
        if (session.IsAway)
        {
            return;
        }
        // In the order of their time; those that holders tell a new home of may count as away for a little longer than they are.
        session.Trail.AwaySince = Math.Max(since, _away.Last?.Value.Trail.AwaySince ?? since);
        session.Trail.AwayNode = _away.AddLast(session);
        if (_away.Count > _mostAway)
        {
            End(_away.First!.Value, SessionEnd.TooMany);
        }
    }

    /// <summary>What was for a client before this home began is known now, or that nobody knows.</summary>
    public void TakeEarlier(Session session, SessionEarlier told, long now)
    {
        var recall = session.Trail.Recall ??= new SessionRecall();
        recall.Asked = null;
        if (told.Refusal != ClaimRefusal.None)
        {
            recall.Refused = (told.After, told.Refusal);
        }
        else if (!_earlier.Keep(session, new EarlierEntries(told.After, told.Entries), now, _settings.WindowBytes))
        {
            recall.Refused = (told.After, ClaimRefusal.WindowPassed);
        }
    }

    /// <summary>A life is gone: its clients are away from now on.</summary>
    public void Detach(ServerId life, long reported, long now)
    {
        foreach (var session in _sessions.All.Where(session => session.Holder == life).ToArray())
        {
            Detach(session, reported, now);
        }
    }

    /// <summary>
    /// A client is away. What steered its socket, and its holder has not decided, is decided here; where that is not known any more, the session ends.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="decided">Up to where its holder has decided.</param>
    /// <param name="now">The time.</param>
    public void Detach(Session session, long decided, long now)
    {
        session.Trail.LastHolder = session.Holder;
        session.Holder = default;
        if (!session.IsAway)
        {
            (session.Trail.AwaySince, session.Trail.AwayNode) = (now, _away.AddLast(session));
        }
        if (Entries.SteeringForgotten > decided)
        {
            End(session, SessionEnd.WindowPassed);
            return;
        }
        foreach (var entry in Entries.SteeringAfter(decided))
        {
            if (!session.IsRemoved)
            {
                Steer(session, entry);
            }
        }
        if (_away.Count > _mostAway)
        {
            End(_away.First!.Value, SessionEnd.TooMany);
        }
    }

    /// <summary>A client that was away has come back.</summary>
    public void Attach(Session session, ServerId life, long claim)
    {
        NotAway(session);
        session.Holder = life;
        session.Trail.Claim = claim;
    }

    /// <summary>From now on the client has to prove another secret; the one that it proved is used up.</summary>
    public void ChangeSecret(Session session, SecretHash secret) => _sessions.ChangeSecret(session, secret);

    /// <summary>Whether the session may be claimed once more; counts the claim.</summary>
    public static bool CountClaim(Session session, long now)
    {
        var claims = session.Trail.Claims ??= new Queue<long>();
        while (claims.TryPeek(out var oldest) && now - oldest > 60_000)
        {
            claims.Dequeue();
        }
        claims.Enqueue(now);
        return claims.Count <= ClaimsPerMinute;
    }

    /// <summary>Behind which number the client has to be given what is for it; null where its offset does not tell.</summary>
    /// <param name="session">The session.</param>
    /// <param name="offset">Up to where the client has received everything.</param>
    /// <param name="numberOf">The number of a place; null where there is no such place.</param>
    public static long? StartOf(Session session, OrderOffset offset, Func<OrderOffset, long?> numberOf)
    {
        if (offset == session.LastSent)
        {
            return session.KnownAt; // it missed nothing that was sent, however long ago that was
        }
        if (offset.IsNone)
        {
            return session.IsReopened ? 0 : session.First;
        }
        if (numberOf(offset) is not { } number)
        {
            return null;
        }
        if (numberOf(session.LastSent) is { } last && number >= last && number <= session.KnownAt)
        {
            return session.KnownAt;
        }
        return session.IsReopened ? number : Math.Max(number, session.First);
    }

    /// <summary>The packets that the client missed; null where it cannot come back, with the reason.</summary>
    public List<Entry>? Missed(Session session, long after, long upTo, out ClaimRefusal refusal)
    {
        // What is older than this home is known before anybody asks for it here.
        var missed = Entries.Missed(session, Math.Max(after, session.First), upTo, _settings.MaximumMissed, out var tooMany);
        if (missed is not null && after < session.First && session.Earlier is { } earlier)
        {
            missed.InsertRange(0, earlier.Entries.Where(entry => entry.Number > after));
            tooMany = missed.Count > _settings.MaximumMissed;
        }
        refusal = tooMany ? ClaimRefusal.TooMuchMissed : missed is null ? ClaimRefusal.WindowPassed : ClaimRefusal.None;
        return tooMany ? null : missed;
    }

    /// <summary>The same for a client whose connection another server still has, if that has decided only up to a number. Changes nothing.</summary>
    public List<Entry>? Foresee(Session session, long decided, long after, long upTo, out ClaimRefusal refusal)
    {
        if (Entries.SteeringForgotten > decided)
        {
            refusal = ClaimRefusal.WindowPassed;
            return null;
        }
        var copy = session.Copy();
        if (Entries.SteeringAfter(decided).Any(entry => !Steer(copy, entry, isCopy: true)))
        {
            refusal = ClaimRefusal.Unknown; // its holder will say that it has ended
            return null;
        }
        return Missed(copy, after, upTo, out refusal);
    }

    public void End(Session session, SessionEnd reason)
    {
        var wasAway = session.IsAway;
        Remove(session);
        _ended(session, reason, wasAway);
    }

    private void Remove(Session session)
    {
        session.IsRemoved = true;
        _sessions.Remove(session);
        NotAway(session);
        _earlier.Drop(session);
        Entries.End(session);
    }

    private void NotAway(Session session)
    {
        if (session.AwayNode is { } node)
        {
            _away.Remove(node);
            session.Trail.AwayNode = null;
        }
    }

    private void Steer(Session session, Entry entry)
    {
        if (!Steer(session, entry, isCopy: false))
        {
            End(session, SessionEnd.Disconnected);
        }
    }

    /// <summary>An entry that steers sockets finds a session, or a copy of one: false where that disconnects it.</summary>
    private bool Steer(Session session, Entry entry, bool isCopy)
    {
        var operation = entry.Operation;
        if (!session.IsTarget(operation.Target!, entry.Number))
        {
            return true;
        }
        switch (operation.Kind)
        {
            case OperationKind.SocketsJoin:
                foreach (var room in operation.Rooms)
                {
                    Join(session, room, entry.Number, isCopy);
                }
                return true;
            case OperationKind.SocketsLeave:
                foreach (var room in operation.Rooms)
                {
                    session.LeaveAt(room, entry.Number);
                }
                return true;
            default:
                return false;
        }
    }

    private void Join(Session session, Room room, long since, bool isCopy)
    {
        if (isCopy)
        {
            session.Join(Entries.Peek(room), since);
            return;
        }
        var track = Entries.TrackOf(room);
        if (session.Join(track, since))
        {
            track.Users++;
        }
        else
        {
            Entries.RemoveIfUseless(track);
        }
    }

    private void Prune(Session session)
    {
        foreach (var stay in session.Prune(Entries.Oldest))
        {
            var forgotten = Math.Min(stay.Until, Math.Max(stay.Track.Forgotten, stay.Until >= Entries.Oldest ? stay.Until : 0));
            if (forgotten > stay.Since)
            {
                session.Forget(forgotten);
            }
            Entries.Release(stay.Track);
        }
    }
}
