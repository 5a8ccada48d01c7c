namespace OrleansAdapter.Grains;

/// <summary>The sessions of a namespace, and the log that their clients are given what they missed from. Decides all or nothing (RECOVERY.md).</summary>
internal sealed class SessionTable(RecoverySettings settings, int mostAway, Func<SocketId, bool> isSocket, Action<SessionEnd> ended)
{
    private const int ClaimsPerMinute = 10;

    private readonly Dictionary<SocketId, Session> _bySocket = [];
    private readonly Dictionary<SecretHash, Session> _bySecret = [];
    private readonly LinkedList<Session> _away = [];
    private readonly List<Room> _joined = [];
    private RecoverySettings _settings = settings;

    public SessionLog Entries { get; } = new(isSocket);

    public int Count => _bySocket.Count;

    public int AwayCount => _away.Count;

    /// <summary>What workers ask for; the most that any of them does.</summary>
    public void Use(RecoverySettings asked) => _settings = _settings.And(asked);

    public Session? Find(SocketId socket) => _bySocket.GetValueOrDefault(socket);

    public Session? Find(SecretHash secret) => _bySecret.GetValueOrDefault(secret);

    /// <summary>Takes a session in, in the place of what is known of it.</summary>
    public void Add(Session session)
    {
        if (_bySocket.TryGetValue(session.Socket, out var known))
        {
            Remove(known);
        }
        if (_bySecret.ContainsKey(session.Secret))
        {
            return; // 120 random bits do not meet: whoever sent this made it up
        }
        _bySocket[session.Socket] = session;
        _bySecret[session.Secret] = session;
        Entries.Use(session.Socket, 1);
        foreach (var stay in session.Stays)
        {
            Entries.Use(stay.Room, 1);
        }
    }

    /// <summary>Its holder says that it joined a room, and gets what is for it from a number on.</summary>
    public void Join(Session session, Room room, long since)
    {
        if (session.JoinAgain(room, since) is not null)
        {
            Entries.Use(room, 1);
            Prune(session);
        }
    }

    /// <summary>Logs an entry; sessions whose clients are away join, leave and end by it at once.</summary>
    public void Log(Entry entry, long now)
    {
        Entries.Add(entry, now);
        if (SessionLog.Steers(entry.Operation))
        {
            for (var node = _away.First; node is not null;)
            {
                var (session, next) = (node.Value, node.Next);
                Steer(session, entry);
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
        while (_away.First is { } oldest && now - oldest.Value.AwaySince > _settings.KeepSessions)
        {
            End(oldest.Value, SessionEnd.Expired);
        }
    }

    /// <summary>A life is gone: its clients are away from now on.</summary>
    public void Detach(ServerId life, long reported, long now)
    {
        foreach (var session in _bySocket.Values.Where(session => session.Holder == life).ToArray())
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
        session.Holder = default;
        session.AwaySince = now;
        _away.AddLast(session);
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
        if (_away.Count > mostAway)
        {
            End(_away.First!.Value, SessionEnd.TooMany);
        }
    }

    /// <summary>A client that was away has come back.</summary>
    public void Attach(Session session, ServerId life, long claim)
    {
        _away.Remove(session);
        session.Holder = life;
        session.Claim = claim;
    }

    /// <summary>Whether the session may be claimed once more; counts the claim.</summary>
    public static bool CountClaim(Session session, long now)
    {
        var claims = session.Claims ??= new Queue<long>();
        while (claims.TryPeek(out var oldest) && now - oldest > 60_000)
        {
            claims.Dequeue();
        }
        claims.Enqueue(now);
        return claims.Count <= ClaimsPerMinute;
    }

    /// <summary>From which number on the client has to be given what is for it; null where its offset does not tell.</summary>
    public static long? StartOf(Session session, OrderOffset offset, long epoch, long number)
    {
        if (offset == session.LastSent)
        {
            return session.KnownAt; // it missed nothing that was sent, however long ago that was
        }
        if (offset.IsNone)
        {
            return session.IsReopened ? null : session.First;
        }
        if (offset.Epoch != epoch || offset.Number > number)
        {
            return null;
        }
        return session.LastSent.Epoch == epoch && offset.Number >= session.LastSent.Number && offset.Number <= session.KnownAt
            ? session.KnownAt
            : Math.Max(offset.Number, session.First);
    }

    /// <summary>The packets that the client missed; null where it cannot come back, with the reason.</summary>
    public List<Entry>? Missed(Session session, long after, long upTo, out ClaimRefusal refusal)
    {
        var missed = Entries.Missed(session, after, upTo, _settings.MaximumMissed, out var tooMany);
        refusal = missed is not null ? ClaimRefusal.None : tooMany ? ClaimRefusal.TooMuchMissed : ClaimRefusal.WindowPassed;
        return missed;
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
        _joined.Clear();
        if (Entries.SteeringAfter(decided).Any(entry => !copy.Steer(entry, _joined)))
        {
            refusal = ClaimRefusal.Unknown; // its holder will say that it has ended
            return null;
        }
        return Missed(copy, after, upTo, out refusal);
    }

    public void End(Session session, SessionEnd reason)
    {
        Remove(session);
        ended(reason);
    }

    private void Remove(Session session)
    {
        session.IsRemoved = true;
        _bySocket.Remove(session.Socket);
        _bySecret.Remove(session.Secret);
        _away.Remove(session);
        Entries.Use(session.Socket, -1);
        foreach (var stay in session.Stays)
        {
            Entries.Use(stay.Room, -1);
        }
    }

    private void Steer(Session session, Entry entry)
    {
        _joined.Clear();
        if (!session.Steer(entry, _joined))
        {
            End(session, SessionEnd.Disconnected);
            return;
        }
        foreach (var room in _joined)
        {
            Entries.Use(room, 1);
        }
    }

    private void Prune(Session session)
    {
        foreach (var stay in session.Prune(Entries.Oldest))
        {
            var forgotten = Math.Min(stay.Until, Math.Max(Entries.ForgottenOf(stay.Room), stay.Until >= Entries.Oldest ? stay.Until : 0));
            if (forgotten > stay.Since)
            {
                session.ForgottenUpTo = Math.Max(session.ForgottenUpTo, forgotten);
            }
            Entries.Use(stay.Room, -1);
        }
    }
}

/// <summary>Why a session ended.</summary>
internal enum SessionEnd
{
    /// <summary>The client left, or was made to while it was there.</summary>
    Left,

    /// <summary>It was made to leave while it was away.</summary>
    Disconnected,

    /// <summary>The client did not come back in time.</summary>
    Expired,

    /// <summary>What it may have missed is not known any more.</summary>
    WindowPassed,

    /// <summary>It missed too much.</summary>
    TooMuchMissed,

    /// <summary>It was claimed too often.</summary>
    TooManyClaims,

    /// <summary>Too many clients were away.</summary>
    TooMany,
}
