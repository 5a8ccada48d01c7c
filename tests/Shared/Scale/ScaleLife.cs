using OrleansAdapter.Replication;

namespace OrleansAdapter.Grains.Testing;

/// <summary>A server's half of the protocol in one namespace, with members in some rooms and nothing else.</summary>
internal sealed class ScaleLife : IReplicaHost
{
    private readonly ScaleCluster _cluster;
    private readonly List<Room> _rooms = [];
    private WorkerMessage? _answer;
    private bool _answers;

    public ScaleLife(ScaleCluster cluster, ScaleServer server, int @namespace)
    {
        (_cluster, Server, Namespace) = (cluster, server, @namespace);
        Contact = new HomeContact(ScaleCluster.NameOf(@namespace));
        Replica = new Replica(cluster.Times, this, server.Process.NextIncarnation());
    }

    public ScaleServer Server { get; }

    public int Namespace { get; }

    public HomeContact Contact { get; }

    public Replica Replica { get; }

    public ServerId Id => Replica.Life;

    /// <summary>How many entries were handed to it.</summary>
    public long Handled { get; private set; }

    /// <summary>How often it was fenced.</summary>
    public int Fences { get; private set; }

    public void Start() => Replica.Start(_cluster.Now);

    public void Join(Room room)
    {
        _rooms.Add(room);
        Replica.TellMembership(room, member: true, _cluster.Now);
        Replica.EndTurn(_cluster.Now);
    }

    public void Publish(PendingOperation operation)
    {
        Replica.Submit(operation, _cluster.Now);
        Replica.EndTurn(_cluster.Now);
    }

    public void Tick()
    {
        Replica.Tick(_cluster.Now);
        Replica.EndTurn(_cluster.Now);
    }

    /// <summary>Takes the result of a call, which may be empty.</summary>
    /// <param name="messages">The home's messages.</param>
    /// <param name="silo">In which silo the home says that it is; null where it does not.</param>
    public void Take(HomeMessage[] messages, string? silo)
    {
        Contact.Heard(_cluster.Now);
        foreach (var message in messages)
        {
            if (message is WrongEpoch)
            {
                Server.Rounds.Superseded(Contact, _cluster.Now);
            }
            Replica.Receive(message, _cluster.Now);
        }
        Replica.EndTurn(_cluster.Now);
        if (silo is not null && _cluster.Options.KnowsRounds(Server.Number))
        {
            Server.Rounds.Named(Contact, silo, _cluster.Now);
        }
    }

    /// <summary>Takes an event; returns what the event's result tells the home, which is its acknowledgement.</summary>
    public WorkerMessage? Answer(HomeMessage[] messages)
    {
        (_answers, _answer) = (true, null);
        Take(messages, silo: null);
        _answers = false;
        return _answer;
    }

    void IReplicaHost.Send(WorkerMessage message)
    {
        Contact.Said(message);
        if (message is Renew renewal && Contact.TryKeep(renewal, _cluster.Now))
        {
            return;
        }
        if (_answers && message is Acknowledge)
        {
            _answer = message;
        }
        else
        {
            _cluster.Call(this, message);
        }
    }

    void IReplicaHost.Handle(Entry entry) => Handled++;

    bool IReplicaHost.HasMembers(Room room) => _rooms.Contains(room);

    IReadOnlyList<Room> IReplicaHost.LocalRooms() => _rooms;

    IReadOnlyList<MovedSocket> IReplicaHost.MovedSockets() => [];

    void IReplicaHost.Fenced(ServerId ended)
    {
        Fences++;
        _rooms.Clear();
    }

    void IReplicaHost.Taken(IReadOnlyList<MovedSocket> sockets)
    {
    }

    void IReplicaHost.Recalled(Recall recall)
    {
    }

    void IReplicaHost.Registered()
    {
    }

    void IReplicaHost.SessionsEnded(IReadOnlyList<EndedSession> sessions)
    {
    }

    void IReplicaHost.ListChanged(IReadOnlyList<ServerId> list)
    {
    }
}

/// <summary>A broadcast that waits for its answer.</summary>
internal sealed class ScalePublish(Operation operation) : PendingOperation(operation)
{
    public bool HasEnded { get; private set; }

    protected override void OnSucceeded() => HasEnded = true;

    protected override void OnFailed(OperationFailure failure) =>
        throw new InvalidOperationException($"A broadcast failed ({failure}), though its server is up.");
}
