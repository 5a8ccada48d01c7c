using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <content>
/// Sockets whose clients are away stay here, out of sight, and packets are kept for a while: what this server knows of its sessions when the directory has been
/// lost (PROTOCOL.md, S10 and S11).
/// </content>
internal sealed partial class NamespaceState
{
    /// <summary>So many that are away are kept here; of the oldest beyond, the home alone knows.</summary>
    private const int MostAway = 100_000;

    /// <summary>The most bytes of packets that the home is given for one client.</summary>
    private const long MostRecalled = 16 << 20;

    private readonly LocalSockets _away = new();
    private readonly LinkedList<AwaySocket> _awaySince = [];
    private readonly PacketWindow _window = new();

    /// <summary>How many numbers those that are away have of packets; beyond a bound the window is searched for them.</summary>
    private long _noted;

    /// <summary>The sockets whose clients are away, and that this server holds.</summary>
    public IReadOnlyCollection<LocalSocket> Away => _away.All;

    /// <summary>What this server holds for clients that may come back: how many of them are away, and the bytes of its window. Null where none may.</summary>
    public (long Away, long Bytes)? Kept => Replica.Recovery is null ? null : (_away.Count, _window.Bytes + (_noted * sizeof(long)));

    private LocalSockets SetOf(LocalSocket socket) => socket is AwaySocket ? _away : _sockets;

    private bool HasMembers(Room room) => _sockets.HasMembers(room) || _away.HasMembers(room);

    void IReplicaHost.Recalled(Recall recall)
    {
        var socket = _sockets.Find(recall.Socket) ?? _away.Find(recall.Socket);
        if (socket?.Session is not { IsOpen: true } session || session.Claim != recall.Claim)
        {
            return; // it is not held here any more, which the home has been told, or has decided
        }
        var refusal = Recalled(socket, session, recall, out var packets);
        Tell(socket, (id, claim) => new SessionEarlier(id, claim, recall.After, refusal, packets));
    }

    private ClaimRefusal Recalled(LocalSocket socket, SocketSession session, Recall recall, out IReadOnlyList<Entry> packets)
    {
        packets = [];
        List<Entry>? found = null;
        if (Replica.Recovery is not { KeepsPackets: true } settings)
        {
            return ClaimRefusal.WindowPassed;
        }
        if (session.Claim == 0 || recall.After >= session.KnownFrom)
        {
            var after = Math.Max(recall.After, session.HeldSince); // nothing was for it between the two
            found = socket is AwaySocket away && away.Missed(after, recall.UpTo) is { } missed
                ? _window.Take(missed)
                : _window.Take(socket, after, after, recall.UpTo);
        }
        else if (recall.After >= session.GivenFrom)
        {
            found = _window.Take(socket, session.Claim - 1, recall.After, recall.UpTo);
        }
        if (found is null)
        {
            return ClaimRefusal.WindowPassed;
        }
        if (found.Count > settings.MaximumMissed || found.Sum(entry => (long)entry.Operation.Size) > MostRecalled)
        {
            return ClaimRefusal.TooMuchMissed;
        }
        packets = found;
        return ClaimRefusal.None;
    }

    /// <summary>A packet is kept where it was for a socket here, and noted for those that are away.</summary>
    private void Keep(Entry entry, int sockets)
    {
        var target = entry.Operation.Target!;
        if (Replica.Recovery is not { KeepsPackets: true } settings || (target.Flags & BroadcastFlags.Volatile) != 0)
        {
            return;
        }
        var away = _away.Count > 0 ? _away.Resolve(target) : [];
        foreach (var socket in away)
        {
            _noted += ((AwaySocket)socket).Misses(entry.Number, _noted * sizeof(long) < settings.WindowBytes / 4 ? settings.MaximumMissed : 0);
        }
        if (sockets + away.Count > 0)
        {
            _window.Add(entry, _now);
            TrimWindow(settings);
        }
    }

    /// <summary>A client that came back was given packets, and may break off again before it has them.</summary>
    private void KeepGiven(PendingClaim claim)
    {
        if (claim.Socket is { } socket && Replica.Recovery is { KeepsPackets: true } settings)
        {
            foreach (var entry in claim.Missed)
            {
                _window.Given(socket.Id, entry, Replica.Handled, _now);
            }
            TrimWindow(settings);
        }
    }

    private void KeepChange(LocalSocket socket, Room room, bool joined)
    {
        if (socket.Session is { IsOpen: true } && Replica.Recovery is { KeepsPackets: true } settings)
        {
            _window.Changed(socket.Id, room, joined, Replica.Handled, _now);
            TrimWindow(settings);
        }
    }

    /// <summary>The connection is gone and its client may come back: the socket stays in its rooms, so that nothing changes for the home but that.</summary>
    private void GoAway(LocalSocket socket, SocketSession session)
    {
        var away = new AwaySocket(socket.Id, _now, Replica.Handled) { UserId = socket.UserId, Session = session.WhileAway() };
        Room[] rooms = [.. socket.Memberships.All.Select(membership => membership.Room.Key)];
        _sockets.LeaveAll(socket);
        _sockets.Remove(socket);
        ForgetAcks(socket);
        session.IsOpen = false;
        _away.Add(away);
        foreach (var room in rooms)
        {
            _away.Join(away, room);
        }
        away.Node = _awaySince.AddLast(away);
        Tell(away, (id, claim) => new SessionAway(id, claim, away.Session.LastSent) { IsKept = true });
        if (_away.Count > MostAway)
        {
            LeaveToHome(_awaySince.First!.Value);
        }
    }

    /// <summary>From now on the home alone knows of it.</summary>
    private void LeaveToHome(AwaySocket away)
    {
        Tell(away, static (id, claim) => new SessionAway(id, claim, OrderOffset.Unknown));
        TakeOut(away);
    }

    /// <summary>Those that the home has let expire it tells of; this is for what it has not told.</summary>
    private void TickAway()
    {
        if (Replica.Recovery is not { } settings)
        {
            return;
        }
        TrimWindow(settings);
        while (_awaySince.First is { } oldest && _now - oldest.Value.Since > settings.KeepEntries)
        {
            LeaveToHome(oldest.Value);
        }
    }

    private void TrimWindow(RecoverySettings settings) => _window.Trim(_now - settings.KeepEntries, settings.WindowBytes);

    private void ForgetAway()
    {
        _away.Clear();
        _awaySince.Clear();
        _noted = 0;
        _window.Clear();
    }

    private SessionAbsence? AbsenceOf(LocalSocket socket) =>
        socket is AwaySocket away ? new SessionAbsence(_now - away.Since, away.NothingUpTo(Replica.Handled)) : null;
}
