using OrleansAdapter.Packets;
using OrleansAdapter.Replication;

namespace OrleansAdapter.Namespaces;

/// <content>Sessions of local sockets (RECOVERY.md): the home is told of all that happens to them, and says who holds one.</content>
internal sealed partial class NamespaceState
{
    private readonly Dictionary<long, PendingClaim> _claims = [];

    /// <summary>How many claims are under way.</summary>
    public int ClaimCount => _claims.Count;

    /// <summary>From now on the home is to keep sessions for the sockets of this server that have one.</summary>
    public void UseRecovery(RecoverySettings settings, long now)
    {
        _now = now;
        Replica.UseRecovery(Replica.Recovery?.And(settings) ?? settings, now); // a hub and a Socket.IO namespace may share one
    }

    /// <summary>A client asks for its session.</summary>
    public void Claim(PendingClaim claim, long now)
    {
        _now = now;
        if (Replica.Recovery is null || Refuses("a claim") is not null)
        {
            claim.Refuse(ClaimRefusal.Unknown);
        }
        else if (!Replica.IsLive)
        {
            claim.Refuse(ClaimRefusal.NotYet);
        }
        else if (!Replica.KeepsSessions)
        {
            claim.Refuse(ClaimRefusal.Unknown);
        }
        else
        {
            Submit(claim);
        }
    }

    private void Submit(PendingClaim claim)
    {
        (claim.Over, claim.IsCurrent) = (Over, IsCurrent);
        Replica.Submit(claim, _now);
        if (!claim.IsEnded)
        {
            _claims[claim.Position] = claim;
        }
    }

    /// <summary>Tells the home what the application keeps with a socket. The waiter completes when the home has it, or where there is no session.</summary>
    public void TellData(LocalSocket socket, ReadOnlyMemory<byte> data, TaskCompletionSource waiter, long now)
    {
        _now = now;
        if (!Tell(socket, (id, claim) => new SessionData(id, claim, data), waiter))
        {
            waiter.TrySetResult();
        }
    }

    IReadOnlyList<MovedSocket> IReplicaHost.MovedSockets() =>
        [.. _sockets.All.Concat(_away.All).Where(socket => socket.Session is { Claim: > 0 })
            .Select(socket => new MovedSocket(socket.Id, socket.Session!.Claim))];

    void IReplicaHost.Taken(IReadOnlyList<MovedSocket> sockets)
    {
        foreach (var (id, claim) in sockets)
        {
            foreach (var room in LetGo(id, claim))
            {
                Replica.TellMembership(room, member: false, _now);
            }
        }
    }

    void IReplicaHost.SessionsEnded(IReadOnlyList<EndedSession> sessions)
    {
        foreach (var session in sessions)
        {
            if (_away.Find(session.Socket) is { } away)
            {
                TakeOut(away);
            }
        }
        _output.SessionsEnded(sessions);
    }

    void IReplicaHost.Registered()
    {
        if (!Replica.KeepsSessions)
        {
            return;
        }
        // Who came while there was no home is about to be told of.
        var toBeTold = Replica.UnansweredWords.OfType<SessionOpened>().Select(opened => opened.Socket).ToHashSet();
        TellGranted();
        foreach (var socket in _sockets.All.Concat(_awaySince))
        {
            if (socket.Session is { } session && !IsClaimed(socket) && !toBeTold.Contains(socket.Id))
            {
                OpenSession(socket, session, null);
            }
        }
    }

    /// <summary>Whether it is here by a claim that is not answered yet.</summary>
    private bool IsClaimed(LocalSocket socket) => _claims.Values.Any(claim => claim.Socket == socket);

    private void OpenSession(LocalSocket socket, SocketSession session, TaskCompletionSource? waiter)
    {
        var rooms = new Room[socket.Memberships.Count];
        for (var i = 0; i < rooms.Length; i++)
        {
            rooms[i] = socket.Memberships.All[i].Room.Key;
        }
        var opened = new SessionOpened(
            socket.Id, session.Claim, session.Secret, socket.UserId ?? "", session.SurelySent, rooms, session.Data, session.WasOpen)
        {
            Absence = AbsenceOf(socket),
            IsUnproved = session.WasOpen && Replica.UnprovedUpTo > 0 && session.HeldSince <= Replica.UnprovedUpTo,
        };
        if (!session.WasOpen)
        {
            session.KnownFrom = Replica.Handled;
        }
        (session.IsOpen, session.WasOpen) = (true, true);
        Replica.Submit(new SessionSaid(opened, Replica.Handled, waiter), _now);
    }

    /// <summary>Says something of a socket's session, if it has one that the home knows; false if not, and then nobody tells the waiter.</summary>
    private bool Tell(LocalSocket socket, Func<SocketId, long, SessionWord> word, TaskCompletionSource? waiter = null)
    {
        if (socket.Session is not { IsOpen: true } session || !Replica.KeepsSessions)
        {
            return false;
        }
        Replica.Submit(new SessionSaid(word(socket.Id, session.Claim), Replica.Handled, waiter), _now);
        return true;
    }

    /// <summary>Where clients may come back, a packet carries its place in the order; what has none of its own has that of the last thing before it.</summary>
    private void Stamp(Packet packet, List<LocalSocket> sockets, long number)
    {
        if (!Replica.KeepsSessions || Replica.Epoch == 0)
        {
            return;
        }
        var place = new OrderOffset(Replica.Epoch, number);
        packet.Offset = OffsetText.Write(place);
        foreach (var socket in sockets)
        {
            if (socket.Session is { } session)
            {
                session.LastSent = place;
            }
        }
    }

    /// <summary>The socket has left: its client may come back, or has left for good.</summary>
    private void EndSession(LocalSocket socket, bool mayComeBack)
    {
        if (mayComeBack && socket.Session is { } kept)
        {
            var lastSent = kept.SurelySent;
            Tell(socket, (id, claim) => new SessionAway(id, claim, lastSent));
        }
        else
        {
            Tell(socket, static (id, claim) => new SessionEnded(id, claim));
        }
        if (socket.Session is { } session)
        {
            (session.IsOpen, session.IsOver) = (false, !mayComeBack);
        }
    }

    /// <summary>A session has moved: its old holder lets go of the socket, and the claimer has it from this number on.</summary>
    private void HandleMoved(Entry entry)
    {
        var moved = (SessionMoved)entry.Operation.Word!;
        var emptied = LetGo(moved.Socket, entry.Number, moved.IsOver);
        if (entry.Publisher == Replica.Life && !moved.IsOver)
        {
            Restore(entry, moved);
            foreach (var room in moved.Rooms)
            {
                // As for a remote join: the home counts this server as a member until it answers, and one answer is all it gets.
                Replica.TellMembership(room, HasMembers(room), _now);
                emptied.Remove(room);
            }
        }
        foreach (var room in emptied)
        {
            Replica.TellMembership(room, member: false, _now);
        }
    }

    private void Restore(Entry entry, SessionMoved moved)
    {
        if (!_claims.TryGetValue(entry.Position, out var claim))
        {
            // Nobody waits for it any more.
            Replica.Submit(new SessionSaid(new SessionAway(moved.Socket, entry.Number, OrderOffset.Unknown), Replica.Handled, null), _now);
            return;
        }
        var socket = claim.Make(moved.Socket, entry.Number, moved.Data);
        socket.Session = claim.Session;
        _sockets.Add(socket);
        foreach (var room in moved.Rooms)
        {
            _sockets.Join(socket, room);
        }
        if (entry.Number <= Replica.Inherited)
        {
            OpenSession(socket, claim.Session!, null); // a home before this one granted it, and its holder has let go: nobody else tells this one of it
        }
    }

    /// <summary>The client is here by a later claim, or elsewhere, or its session is over. Returns the rooms in which nobody is left.</summary>
    private List<Room> LetGo(SocketId id, long claim, bool isOver = false)
    {
        if ((_sockets.Find(id) ?? _away.Find(id)) is not { } socket || (socket.Session?.Claim ?? 0) >= claim)
        {
            return [];
        }
        if (socket.Session is { } session)
        {
            (session.IsOpen, session.IsOver) = (false, isOver);
        }
        var emptied = Remove(socket);
        Close(socket, DisconnectReason.SessionMoved);
        return emptied;
    }

    /// <summary>Where a home died between its answer and the entry, the next one may have given what was missed other numbers.</summary>
    private bool IsCurrent(PendingClaim claim) => claim.Epoch == Replica.Epoch;

    /// <summary>A claim is over. Where it came to nothing, and its socket is here already, that is let go, and its client may ask again.</summary>
    private void Over(PendingClaim claim, bool isGranted)
    {
        _claims.Remove(claim.Position);
        if (isGranted)
        {
            Replica.HasGiven(claim.Missed);
            KeepGiven(claim);
        }
        if (!isGranted && claim.Socket is { IsConnected: true } socket)
        {
            Disconnect(socket, _now, mayComeBack: true);
            Guarded(socket, static (s, _) => s.GivenUp(), null);
        }
    }

    private void TakeOut(LocalSocket socket)
    {
        foreach (var room in Remove(socket))
        {
            Replica.TellMembership(room, member: false, _now);
        }
    }

    /// <summary>Returns the rooms in which nobody is left.</summary>
    private List<Room> Remove(LocalSocket socket)
    {
        var emptied = SetOf(socket).LeaveAll(socket);
        emptied.RemoveAll(HasMembers);
        SetOf(socket).Remove(socket);
        ForgetAcks(socket);
        if (socket is AwaySocket { Node: { } node } away)
        {
            _noted -= away.Noted;
            _awaySince.Remove(node);
            away.Node = null;
        }
        return emptied;
    }
}
