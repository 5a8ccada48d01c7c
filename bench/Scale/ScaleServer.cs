using OrleansAdapter.Replication;

namespace OrleansAdapter.Bench.Scale;

/// <summary>A server's half of the protocol in one namespace, with members in some rooms and nothing else.</summary>
internal sealed class ScaleServer : IReplicaHost
{
    /// <summary>When a server that has heard nothing for so long asks its home (OrleansDirectory.Silence), in milliseconds, and how often it looks.</summary>
    private const long Silence = 300;
    private const long LooksEvery = 250;

    private readonly ScaleCluster _cluster;
    private readonly List<Room> _rooms = [];
    private long _heard;
    private WorkerMessage? _answer;
    private bool _answers;

    public ScaleServer(ScaleCluster cluster, int number)
    {
        _cluster = cluster;
        Number = number;
        Replica = new Replica(new ReplicaOptions(), this, ServerId.FromBits(((ulong)number << 12) | 1));
    }

    public int Number { get; }

    public Replica Replica { get; }

    public ServerId Life => Replica.Life;

    /// <summary>What was handed to it, in numbers.</summary>
    public long Handled { get; private set; }

    /// <summary>Whether an event is on its way to it; those behind wait.</summary>
    public bool InFlight { get; set; }

    public Queue<(HomeMessage Message, int Bytes)> Waiting { get; } = [];

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
        if ((_cluster.Now + (Number * 50L)) % LooksEvery == 0 && _cluster.Now - _heard > Silence && Replica.IsLive)
        {
            _cluster.Check(this);
        }
    }

    /// <summary>Takes the result of a call, which may be empty.</summary>
    public void Take(IEnumerable<HomeMessage> messages)
    {
        _heard = _cluster.Now;
        foreach (var message in messages)
        {
            Replica.Receive(message, _cluster.Now);
        }
        Replica.EndTurn(_cluster.Now);
    }

    /// <summary>Takes an event; returns what the event's result tells the home, which is its acknowledgement.</summary>
    public WorkerMessage? Answer(IEnumerable<HomeMessage> messages)
    {
        (_answers, _answer) = (true, null);
        Take(messages);
        _answers = false;
        return _answer;
    }

    void IReplicaHost.Send(WorkerMessage message)
    {
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

    void IReplicaHost.Fenced(ServerId ended) => throw new InvalidOperationException($"{ended} was fenced, though nothing is lost here.");

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
        throw new InvalidOperationException($"A broadcast failed ({failure}), though nothing is lost here.");
}
