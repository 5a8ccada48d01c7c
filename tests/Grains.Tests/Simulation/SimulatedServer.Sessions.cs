using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <content>Clients that come back: their connections break, and their servers may notice late, or never.</content>
internal sealed partial class SimulatedServer
{
    private readonly List<(ClaimTry Try, PendingClaim Claim)> _claims = [];

    /// <summary>Whether it handles the entry by which a session moves.</summary>
    public bool IsRestoring { get; set; }

    /// <summary>A client's connection breaks: what was on its way to it is lost.</summary>
    public void Break(SimulatedSocket socket)
    {
        if (socket.Client is not { } client || client.Socket != socket)
        {
            return;
        }
        Recording.Count("CONNECTION BROKEN");
        Recording.Log($"CONNECTION of {client} BREAKS: {socket}");
        socket.Read(socket.Pipe.Count - _cluster.Dice.Below(Math.Min(4, socket.Pipe.Count) + 1));
        client.Socket = null;
        if (_cluster.Dice.Chance(0.6))
        {
            NoticeBreak(socket);
        }
        else if (_cluster.Dice.Chance(0.7))
        {
            _cluster.Agenda.In(_cluster.Dice.Below(500), () => _cluster.Whenever(this, () => NoticeBreak(socket)));
        }
        ComeBackSoon(client);
    }

    /// <summary>A client's connection breaks without its server noticing, and it asks another one at once.</summary>
    public static void Move(SimulatedClient client, SimulatedServer to)
    {
        if (client.Confirmed is null)
        {
            return;
        }
        to.Recording.Log($"CONNECTION of {client} BREAKS unnoticed: {client.Socket}");
        client.Socket!.Read(client.Socket.Pipe.Count);
        client.Socket = null;
        Ask(to._cluster, client, to);
    }

    /// <summary>A client asks here for its session.</summary>
    public void Claim(ClaimTry asked)
    {
        Recording.Log($"{asked.Client} ASKS {Life} for its session, from {asked.Offset.Number}");
        var epoch = State.Replica.IsLive ? State.Replica.Epoch : 0;
        asked.MayHaveBeenGranted |= asked.AskedIn != 0 && asked.AskedIn != epoch;
        asked.AskedIn = epoch;
        var claim = new PendingClaim(asked.Claim, (id, session) => Restored(asked, id, session));
        Turn(() => State.Claim(claim, _cluster.Now));
        _claims.Add((asked, claim));
        SweepClaims();
    }

    void INamespaceOutput.SessionsEnded(IReadOnlyList<EndedSession> sessions)
    {
        foreach (var session in sessions)
        {
            Recording.Count($"told of an ended session: {session.Reason}");
            Recording.Log($"{Life} is TOLD that the session of {session.Socket} has ended: {session.Reason}");
            var key = (State.Replica.Epoch, session.Socket);
            if (session.Reason == SessionEnd.Left)
            {
                throw new ViolationException($"R20: the session of {session.Socket} has ended, is told, and its client had left");
            }
            // Again only where one of the two has gone: before it said that it knew, or before it heard it.
            var lives = _cluster.Directory.Current.Home.Lives;
            if (Recording.EndedSessions.TryGetValue(key, out var told) && (told == Life || (lives.Contains(told) && lives.Contains(Life))))
            {
                throw new ViolationException($"R20: that the session of {session.Socket} has ended was told {told}, and then {Life}");
            }
            Recording.EndedSessions[key] = Life;
        }
    }

    /// <summary>A socket that came back is in a room from the claim's number on.</summary>
    public void RestoredIn(SimulatedSocket socket, Room room)
    {
        if (IsRestoring)
        {
            socket.Join(room, Recording.NextMoment());
        }
    }

    /// <summary>What was confirmed counts, unless the client had broken off by then: it may have come back before, and then it is void.</summary>
    private void Confirm(SimulatedSocket socket, Dictionary<Room, long> confirmed, Room room)
    {
        if (socket.Client!.Socket == socket && !socket.Client.HasAskedTwice && socket.Rooms.Contains(room) == (confirmed == socket.Client.Confirmations))
        {
            confirmed[room] = Recording.NextMoment();
        }
    }

    public Publish Publish(int index) => Recording.Publishes[index];

    /// <summary>Gives a new socket a session, so that its client may come back.</summary>
    private void GiveSession(SimulatedSocket socket, SimulatedClient? refused)
    {
        if (!_cluster.Settings.Recovers || (refused is null && _cluster.Dice.Chance(0.2)))
        {
            return;
        }
        var client = new SimulatedClient(
            Recording.Clients.Count, new SecretHash((long)_cluster.Dice.Bits(), (long)_cluster.Dice.Bits()), socket.UserId, Recording.NextMoment())
        {
            CameEarly = !State.Replica.KeepsSessions,
            HandledBefore = State.Replica.IsLive ? State.Replica.Handled : 0,
            IsOfHub = _cluster.Dice.Seed % 4 == 3 && Recording.Clients.Count % 2 == 0, // the other seeds stay as they were
            BeginsAnew = refused is not null,
            ConnectedIn = State.Replica.IsLive ? State.Replica.Epoch : 0,
            Offset = refused?.Offset ?? default,
        };
        Recording.Clients.Add(client);
        (client.Socket, client.Newest) = (socket, socket);
        client.Ids.Add(socket.Id);
        client.Holders.Add(Life);
        socket.Client = client;
        socket.Session = new SocketSession(client.Secret);
    }

    private void NoticeBreak(SimulatedSocket socket)
    {
        if (!Sockets.Contains(socket))
        {
            return;
        }
        Gone(socket);
        Turn(() => State.Disconnect(socket, _cluster.Now, mayComeBack: true));
    }

    /// <summary>All clients of a server that was killed lose their connections.</summary>
    private void BreakAll()
    {
        foreach (var socket in Sockets.ToArray())
        {
            Lost(socket);
        }
        foreach (var (asked, _) in _claims.Where(pending => pending.Try.Client.Try == pending.Try).ToArray())
        {
            asked.Client.Try = null;
            ComeBackSoon(asked.Client);
        }
    }

    /// <summary>The server closed the connection, and the client comes back for its session.</summary>
    public void Lost(SimulatedSocket socket)
    {
        if (socket.Client is { } client && client.Socket == socket)
        {
            socket.Read(socket.Pipe.Count - _cluster.Dice.Below(Math.Min(4, socket.Pipe.Count) + 1));
            client.Socket = null;
            ComeBackSoon(client);
        }
    }

    /// <summary>The server made the client leave: it has read everything before.</summary>
    public static void Left(SimulatedSocket socket)
    {
        if (socket.Client is { } client && client.Socket == socket)
        {
            socket.Read(socket.Pipe.Count);
            client.Socket = null;
            client.HasEnded = true;
        }
    }

    /// <summary>Most are fast; where whoever had them is about to be forgotten, most come behind that.</summary>
    private void ComeBackSoon(SimulatedClient client)
    {
        var fast = _cluster.Settings.Faults == FaultClass.ClaimerAndDirectoryKilled ? 0.3 : 0.8;
        _cluster.Agenda.In(_cluster.Dice.Below(_cluster.Dice.Chance(fast) ? 60 : 700), () => ComeBack(_cluster, client));
    }

    private static void ComeBack(SimulatedCluster cluster, SimulatedClient client)
    {
        if (client.Confirmed is null)
        {
            client.HasEnded = true; // it was never told its secret
        }
        if (client.HasEnded || client.Socket is not null || client.Try is not null)
        {
            return;
        }
        var servers = cluster.LiveServers.ToArray();
        if (servers.Length == 0)
        {
            cluster.Agenda.In(50, () => ComeBack(cluster, client));
            return;
        }
        if (!cluster.Network.IsQuiet && cluster.Dice.Chance(0.15))
        {
            cluster.Recording.Count("DOUBLE CLAIM");
            client.HasAskedTwice = true;
            var other = cluster.Dice.Any(servers);
            var given = new ClaimTry(client, other, client.Offset, cluster.Recording.NextMoment());
            cluster.Whenever(other, () => other.Claim(given));
        }
        Ask(cluster, client, cluster.Dice.Any(servers));
    }

    private static void Ask(SimulatedCluster cluster, SimulatedClient client, SimulatedServer server)
    {
        var asked = client.Try = new ClaimTry(client, server, client.Offset, cluster.Recording.NextMoment());
        cluster.Whenever(server, () => server.Claim(asked));
        cluster.Agenda.In(3_000, () =>
        {
            if (client.Try == asked && (!server.IsUp || !server._claims.Exists(pending => pending.Try == asked)))
            {
                client.Try = null; // the server died before it was asked
                ComeBack(cluster, client);
            }
        });
    }

    private SimulatedSocket Restored(ClaimTry asked, SocketId id, SocketSession session)
    {
        var socket = new SimulatedSocket(this, Recording.Sockets.Count, id) { UserId = asked.Client.User, Client = asked.Client, Session = session };
        asked.Client.Holders.Add(Life);
        (asked.Client.Newest, asked.Client.WasMadeToLeave) = (socket, false);
        Recording.Sockets.Add(socket);
        Sockets.Add(socket);
        return socket;
    }

    /// <summary>Sees which claims have ended by now.</summary>
    private void SweepClaims()
    {
        for (var i = _claims.Count - 1; i >= 0; i--)
        {
            var (asked, claim) = _claims[i];
            if (!claim.Task.IsCompleted)
            {
                continue;
            }
            _claims.RemoveAt(i);
            var outcome = claim.Task.GetAwaiter().GetResult();
            if (outcome.Refusal == ClaimRefusal.None)
            {
                Granted(asked, outcome);
            }
            else
            {
                Refused(asked, outcome.Refusal);
            }
        }
    }

    private void Granted(ClaimTry asked, ClaimOutcome outcome)
    {
        var socket = (SimulatedSocket)outcome.Socket!;
        var client = asked.Client;
        Recording.Count("session recovered");
        Recording.Log($"{client} RECOVERS as {socket}: {outcome.Missed.Count} missed, {socket.Pipe.Count} held");
        socket.Pipe.InsertRange(0, outcome.Missed.Select(entry => new Received(Recording.Find(entry), new OrderOffset(outcome.Epoch, entry.Number), Life)));
        if (outcome.Missed.Count > 0)
        {
            Recording.Count("recovered with missed packets");
        }
        if (asked.Offset.Epoch != 0 && asked.Offset.Epoch != outcome.Epoch)
        {
            Recording.Count(outcome.Missed.Count > 0 ? "recovered from an earlier epoch with missed packets" : "recovered from an earlier epoch");
        }
        socket.Session!.IsToldAll = true;
        if (client.Try != asked || client.HasEnded || client.Offset != asked.Offset || !Sockets.Contains(socket))
        {
            // The client has given up on this one, or the socket has moved on meanwhile.
            if (client.Try == asked)
            {
                client.Try = null;
                ComeBackSoon(client);
            }
            if (Sockets.Contains(socket))
            {
                _cluster.Agenda.In(_cluster.Dice.Below(200), () => _cluster.Whenever(this, () => NoticeBreak(socket)));
            }
            return;
        }
        client.Try = null;
        client.Socket = socket;
        if (client.IsOfHub)
        {
            Recording.Count("session recovered without what was missed");
            (client.Secret, client.Confirmed) = (asked.Next, Recording.NextMoment());
        }
        if (outcome.Epoch != _cluster.Directory.Current.Home.Epoch)
        {
            // A home granted it whose place another one had taken: it cannot know what that one knows.
            client.IsExempt = true;
            Recording.Count("recovered with a home that is gone");
        }
        if (!client.IsExempt)
        {
            SessionCheck.CheckRooms(Recording, client, asked, socket);
        }
    }

    /// <summary>A client has a session of its own again. Some break off before they have heard much.</summary>
    private void BeginAnew(SimulatedClient refused)
    {
        Connect(refused.User, refused);
        if (_cluster.Settings.Faults == FaultClass.ClaimerAndDirectoryKilled)
        {
            var client = Recording.Clients[^1];
            _cluster.Agenda.In(5 + _cluster.Dice.Below(80), () => _cluster.Whenever(this, () =>
            {
                if (client.Socket is { } socket && client.Confirmed is not null && client.Received.Count == 0)
                {
                    Break(socket);
                    Publish(index => Simulation.Publish.Emit(BroadcastTarget.Of(Room.Everyone), index));
                }
            }));
        }
    }

    private void Refused(ClaimTry asked, ClaimRefusal refusal)
    {
        Recording.Count($"session refused: {refusal}");
        Recording.Log($"{asked.Client} is REFUSED: {refusal}");
        if (refusal == ClaimRefusal.NotYet)
        {
            _cluster.Agenda.In(50, () => _cluster.Whenever(this, () => Claim(asked)));
            return;
        }
        if (asked.Client.Try == asked)
        {
            asked.Client.Try = null;
            asked.Client.HasEnded = true;
            SessionCheck.CheckRefusal(_cluster, asked, refusal);
            if (State.Replica.IsLive && State.Replica.Epoch == asked.AskedIn)
            {
                SessionCheck.CheckOffset(Recording, asked, refusal);
                SessionCheck.CheckRefusalOfSurvivor(_cluster, asked, refusal);
            }
            _cluster.Agenda.In(1, () => _cluster.Whenever(this, () => BeginAnew(asked.Client)));
        }
    }
}
