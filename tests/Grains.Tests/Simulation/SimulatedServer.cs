using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>One worker process: the real state of a namespace, run in turns, with simulated sockets.</summary>
internal sealed partial class SimulatedServer : INamespaceOutput
{
    private readonly SimulatedCluster _cluster;
    private readonly List<(TaskCompletionSource Waiter, Claim[] Claims, ServerId Life)> _joining = [];
    private readonly List<(TaskCompletionSource Waiter, Action Then)> _confirmed = [];
    private readonly EntryWatch _watch;
    private readonly WaitWatch _waits = new();
    private bool _turnIsOpen;

    public SimulatedServer(SimulatedCluster cluster, int slot, ServerId life)
    {
        _cluster = cluster;
        Slot = slot;
        State = new NamespaceState(cluster.Settings.Replica, this, life);
        _watch = new EntryWatch(this, cluster.Recording);
        Answers = new SimulatedAnswers(cluster, this);
    }

    /// <summary>Which place among the servers it has; a restarted one has that of the one before, and gets what is late for it.</summary>
    public int Slot { get; }

    public NamespaceState State { get; }

    public ServerId Life => State.Replica.Life;

    public SimulatedAnswers Answers { get; }

    /// <summary>The session in which it is.</summary>
    public long Session { get; private set; }

    /// <summary>Its open sockets, as far as the simulation knows.</summary>
    public List<SimulatedSocket> Sockets { get; } = [];

    public bool IsUp { get; private set; } = true;

    /// <summary>Until when it does nothing.</summary>
    public long PausedUntil { get; set; }

    public Recording Recording => _cluster.Recording;

    public void Start()
    {
        if (_cluster.Settings.Recovery is { } recovery)
        {
            State.UseRecovery(recovery, _cluster.Now);
        }
        Turn(() => State.Start(_cluster.Now));
        Heartbeat();
        _cluster.Agenda.In(Settings.TickEvery, Tick);
    }

    public void Kill()
    {
        IsUp = false;
        Recording.Life(Life).HasEnded = true;
        BreakAll();
        foreach (var socket in Sockets)
        {
            socket.Closed = Recording.NextMoment();
        }
    }

    public void NoticeReconnect() => Turn(() =>
    {
        Answers.Exchange.Connected(_cluster.Now);
        State.Connected(_cluster.Now);
    });

    /// <summary>Answers to its requests have come.</summary>
    public void Receive(Answers answers) => Turn(() => Answers.Exchange.Receive(answers, _cluster.Now));

    /// <summary>A client connects.</summary>
    /// <param name="user">Its user; null for none.</param>
    /// <param name="refused">Who it was before, where it was refused its session and begins anew.</param>
    public void Connect(string? user, SimulatedClient? refused = null)
    {
        var socket = new SimulatedSocket(this, Recording.Sockets.Count, SocketId.FromParts(Life, _cluster.Dice.Bits())) { UserId = user };
        Recording.Sockets.Add(socket);
        Sockets.Add(socket);
        GiveSession(socket, refused);
        Claim[] claims = user is null ? [Claim(socket, Room.Everyone)] : [Claim(socket, Room.Everyone), Claim(socket, Room.OfUser(user))];
        var waiter = new TaskCompletionSource();
        Turn(() => State.Connect(socket, waiter, _cluster.Now));
        _joining.Add((waiter, claims, Life));
        if (socket.Client is { } client)
        {
            OnConfirmed(waiter, () =>
            {
                if (client.Socket == socket) // else it was not told its secret
                {
                    client.Confirmed ??= Recording.NextMoment();
                }
            });
        }
        Sweep();
    }

    public void Join(SimulatedSocket socket, Room room)
    {
        Recording.Log($"JOIN of {socket}: {room}");
        var claim = Claim(socket, room);
        socket.Client?.Joins.TryAdd(room, Recording.NextMoment());
        if (socket.Client is { } joining)
        {
            joining.Leaves.Remove(room);
            joining.JoinsBegun[room] = joining.JoinsBegun.GetValueOrDefault(room) + 1;
        }
        var waiter = new TaskCompletionSource();
        Turn(() => State.Join(socket, room, waiter, _cluster.Now));
        _joining.Add((waiter, [claim], Life));
        if (socket.Client is { } client)
        {
            OnConfirmed(waiter, () => Confirm(socket, client.Confirmations, room));
        }
        Sweep();
    }

    public void Leave(SimulatedSocket socket, Room room)
    {
        Recording.Log($"LEAVE of {socket}: {room}");
        socket.Leave(room, Recording.NextMoment());
        if (socket.Client is not { } client)
        {
            Turn(() => State.Leave(socket, room, null, _cluster.Now));
            return;
        }
        client.EverLeft.Add(room);
        var waiter = new TaskCompletionSource();
        Turn(() => State.Leave(socket, room, waiter, _cluster.Now));
        var joins = client.JoinsBegun.GetValueOrDefault(room);
        OnConfirmed(waiter, () =>
        {
            if (client.JoinsBegun.GetValueOrDefault(room) == joins)
            {
                Confirm(socket, client.Leaves, room);
            }
        });
        Sweep();
    }

    public void Disconnect(SimulatedSocket socket)
    {
        Recording.Log($"DISCONNECT of {socket}");
        Gone(socket);
        Left(socket);
        if (socket.Client is { } client && client.Newest == socket)
        {
            client.WasMadeToLeave = true;
        }
        Turn(() => State.Disconnect(socket, _cluster.Now));
    }

    public void Publish(Func<int, Operation> operation)
    {
        var index = Recording.Publishes.Count;
        var publish = new Publish(Recording, index, Life, operation(index));
        publish.Request = publish.Operation.Kind == OperationKind.Request ? Answers.Ask(publish.Operation, index) : null;
        _waits.Add(publish);
        Turn(() => State.Submit(publish, _cluster.Now));
        Recording.Published(publish);
    }

    public void Receive(HomeMessage message, long sent)
    {
        var replica = State.Replica;
        var wasLive = replica.IsLive;
        if (wasLive && message.Life == Life && message.Epoch == replica.Epoch && message.Session == Session)
        {
            Recording.Told(Life, message.Epoch, sent);
        }
        Turn(() => State.Receive(message is Push push ? push with { Entries = new ObservedEntries(push.Entries, _watch) } : message, _cluster.Now));
        if (!wasLive && replica.IsLive)
        {
            Session = message.Session;
            Recording.Told(Life, message.Epoch, sent);
            _waits.Begin(message.Head);
        }
        else if (wasLive && message is not Registered && message.Epoch == replica.Epoch && message.Session == Session
            && message.Head?.ListVersion <= replica.ListVersion)
        {
            _waits.Told(message.Head); // what it passes over, it need not know
        }
        if (replica.IsLive)
        {
            _waits.Check(replica.Handled);
        }
    }

    /// <summary>The real state handed a socket the packet of a publish.</summary>
    public void Delivered(SimulatedSocket socket, int publish) => _watch.Delivered(socket, publish);

    /// <summary>A socket has left for good.</summary>
    public void Gone(SimulatedSocket socket)
    {
        var moment = Recording.NextMoment();
        foreach (var room in socket.Rooms.ToArray())
        {
            socket.Leave(room, moment);
        }
        socket.Closed = moment;
        Sockets.Remove(socket);
    }

    void INamespaceOutput.Send(WorkerMessage message) => _cluster.ToHome(this, message);

    void INamespaceOutput.HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets)
    {
        _watch.Requested(sockets);
        Answers.Asked(Recording.Find(entry));
    }

    void INamespaceOutput.ListChanged(IReadOnlyList<ServerId> list)
    {
    }

    void INamespaceOutput.Fenced(ServerId ended, int sockets)
    {
        Recording.FencedItself(ended);
        SweepClaims();
        foreach (var socket in Sockets.ToArray())
        {
            if (socket.Reason != DisconnectReason.ServerFenced)
            {
                throw new ViolationException($"P4: {socket} was left open by a fence");
            }
            Gone(socket);
            Lost(socket);
        }
        if (_cluster.Dice.Chance(0.5))
        {
            _cluster.Agenda.In(1 + _cluster.Dice.Below(100), () => _cluster.Whenever(this, () => Connect(null)));
        }
    }

    void INamespaceOutput.Unreadable(Entry entry, Exception exception) => throw new ViolationException($"P2: {entry} could not be read: {exception.Message}");

    /// <summary>What a socket finds wrong with a delivery is a violation, and comes out as such.</summary>
    void INamespaceOutput.SocketFailed(SocketId socket, Exception exception) =>
        throw (exception as ViolationException ?? new ViolationException($"P2: socket {socket} failed: {exception.Message}"));

    private Claim Claim(SimulatedSocket socket, Room room)
    {
        var claim = new Claim();
        socket.Join(room, Recording.NextMoment()).Claims.Add(claim);
        return claim;
    }

    private void Tick() => _cluster.Whenever(this, () =>
    {
        Turn(() =>
        {
            State.Tick(_cluster.Now);
            Answers.Requests.Tick(_cluster.Now, State.Replica.IsStarted);
        });
        Answers.Exchange.Check(Answers.Requests.Count > 0, _cluster.Now);
        if (State.Replica.Epoch != 0 && _cluster.Dice.Chance(0.05))
        {
            _cluster.AskHome(this, Life, State.Replica.Epoch);
        }
        _cluster.Agenda.In(Settings.TickEvery, Tick);
    });

    private void Heartbeat() => _cluster.Whenever(this, () =>
    {
        Answers.Exchange.Describe();
        _cluster.Agenda.In(Settings.HeartbeatEvery, Heartbeat);
    });

    private void Turn(Action action)
    {
        action();
        Sweep();
        if (_cluster.Settings.TurnLength == 0)
        {
            EndTurn();
        }
        else if (!_turnIsOpen)
        {
            _turnIsOpen = true;
            _cluster.Agenda.In(_cluster.Dice.Below(_cluster.Settings.TurnLength), () => _cluster.Whenever(this, EndTurn));
        }
    }

    private void EndTurn()
    {
        _turnIsOpen = false;
        State.EndTurn(_cluster.Now);
        Answers.Requests.EndTurn(State.Replica.List);
    }

    private void OnConfirmed(TaskCompletionSource waiter, Action then) => _confirmed.Add((waiter, then));

    /// <summary>Sees which joins have ended by now.</summary>
    private void Sweep()
    {
        SweepClaims();
        SweepOnces();
        for (var i = _confirmed.Count - 1; i >= 0; i--)
        {
            if (_confirmed[i].Waiter.Task.IsCompleted)
            {
                var (waiter, then) = _confirmed[i];
                _confirmed.RemoveAt(i);
                if (waiter.Task.IsCompletedSuccessfully)
                {
                    then();
                }
            }
        }
        for (var i = _joining.Count - 1; i >= 0; i--)
        {
            var (waiter, claims, life) = _joining[i];
            if (!waiter.Task.IsCompleted)
            {
                continue;
            }
            _joining.RemoveAt(i);
            if (waiter.Task.IsCompletedSuccessfully)
            {
                Array.ForEach(claims, claim => claim.Confirmed = Recording.NextMoment());
            }
            else if (life == Life)
            {
                throw new ViolationException($"P6: a join of {life} failed: {waiter.Task.Exception!.InnerException!.Message}");
            }
        }
    }
}
