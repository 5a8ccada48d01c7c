using OrleansAdapter.Replication;

namespace OrleansAdapter.Tests.Replication;

/// <summary>A replica whose messages are kept, with the home played by the test.</summary>
internal sealed class TestReplica : IReplicaHost
{
    public const long Epoch = 1_000;
    public const long Session = 77;

    public static readonly ServerId FirstLife = ServerId.FromBits(0x1001);
    public static readonly ServerId Other = ServerId.FromBits(0x2001);
    public static readonly ReplicaOptions Options = new();

    public TestReplica(ReplicaOptions? options = null)
    {
        Replica = new Replica(options ?? Options, this, FirstLife);
    }

    public Replica Replica { get; }

    public long Now { get; set; }

    public List<WorkerMessage> Sent { get; } = [];

    /// <summary>The numbers of the entries that were handled.</summary>
    public List<long> Handled { get; } = [];

    public List<ServerId> Fences { get; } = [];

    public HashSet<Room> Rooms { get; } = [];

    /// <summary>A replica that has just been admitted, with nothing sent.</summary>
    public static TestReplica Live(ReplicaOptions? options = null, long from = 0)
    {
        var replica = new TestReplica(options);
        replica.Replica.Start(0);
        replica.Receive(new WrongEpoch { Life = FirstLife, Epoch = Epoch });
        replica.Receive(replica.Registered(from: from));
        replica.Sent.Clear();
        return replica;
    }

    public static Entry Entry(long number, long position, ServerId? publisher = null) =>
        new(number, publisher ?? Other, position, position, TestOperation.Emit().Operation);

    public static Head Head(long number = 0, long last = 0, long stable = 0, long version = 1, IReadOnlyList<ServerId>? list = null) =>
        new(stable, number, last, version, list ?? [FirstLife, Other]);

    public Registered Registered(
        long from = 0, long epoch = Epoch, long session = Session, long lastPosition = 0, Head? head = null, params OperationResult[] results) => new()
        {
            Life = Replica.Life,
            Epoch = epoch,
            Session = session,
            Head = head ?? Head(from, from),
            From = from,
            LastPosition = lastPosition,
            Results = results,
        };

    public void Receive(HomeMessage message) => Replica.Receive(message, Now);

    public void Push(long previous, Head head, params Entry[] entries) =>
        Receive(new Push { Life = Replica.Life, Epoch = Epoch, Session = Session, Head = head, Previous = previous, Entries = entries });

    public void Renewed(Head head) => Receive(new Renewed { Life = Replica.Life, Epoch = Epoch, Session = Session, Head = head });

    public void Accepted(long first, long number, int count, Head head) => Receive(new Accepted
    {
        Life = Replica.Life,
        Epoch = Epoch,
        Session = Session,
        Head = head,
        First = first,
        FirstNumber = number,
        Count = count,
        Targets = [],
    });

    public TestOperation Submit(TestOperation operation)
    {
        Replica.Submit(operation, Now);
        Replica.EndTurn(Now);
        return operation;
    }

    public void Tick(long milliseconds)
    {
        Now += milliseconds;
        Replica.Tick(Now);
    }

    public IReadOnlyList<T> All<T>() => [.. Sent.OfType<T>()];

    void IReplicaHost.Send(WorkerMessage message) => Sent.Add(message);

    void IReplicaHost.Handle(Entry entry) => Handled.Add(entry.Number);

    bool IReplicaHost.HasMembers(Room room) => Rooms.Contains(room);

    IReadOnlyList<Room> IReplicaHost.LocalRooms() => [.. Rooms];

    IReadOnlyList<MovedSocket> IReplicaHost.MovedSockets() => [];

    void IReplicaHost.Fenced(ServerId ended) => Fences.Add(ended);

    void IReplicaHost.Taken(IReadOnlyList<MovedSocket> sockets)
    {
    }

    void IReplicaHost.SessionsEnded(IReadOnlyList<EndedSession> sessions)
    {
    }

    void IReplicaHost.Recalled(Recall recall)
    {
    }

    void IReplicaHost.Registered()
    {
    }

    void IReplicaHost.ListChanged(IReadOnlyList<ServerId> list)
    {
    }
}
