using OrleansAdapter.Replication;
using OrleansAdapter.Threading;

namespace OrleansAdapter.Namespaces;

/// <summary>Runs a namespace's state, one item at a time, and sends its messages.</summary>
internal sealed class NamespaceQueue : SerialQueue<INamespaceItem>, INamespaceOutput
{
    private const string SendingAll = "sending what the turn had gathered";

    private readonly Namespace _owner;
    private readonly TurnWatch _watch;

    public NamespaceQueue(Namespace owner, ReplicaOptions options)
    {
        _owner = owner;
        _watch = new TurnWatch((took, what, count) => AdapterLog.TurnTookLong(
            owner.Logger, owner.Name, took, (what as INamespaceItem)?.What ?? what, count));
        State = new NamespaceState(options, this, owner.Server.NextLife, owner.Server.Options.MaxRoomsPerSocket) { Name = owner.Name };
    }

    public NamespaceState State { get; }

    public void Send(WorkerMessage message) => _owner.Server.Directory.Send(_owner.Name, message);

    public void HandleRequest(Entry entry, IReadOnlyList<LocalSocket> sockets) => _owner.HandleRequest(entry, sockets);

    public void Delivered(int sockets) => _owner.CountDeliveries(sockets);

    public void ListChanged(IReadOnlyList<ServerId> list) => _owner.ListChanged(list);

    public void LifeChanged(ServerId life) => _owner.LifeChanged(life);

    public void Fenced(ServerId ended, int sockets)
    {
        _owner.Server.Metrics.Fenced();
        AdapterLog.Fenced(_owner.Logger, _owner.Name, ended, State.Replica.Life, sockets);
    }

    public void SessionsEnded(IReadOnlyList<EndedSession> sessions) => _owner.TellEnded(sessions);

    public void Unreadable(Entry entry, Exception exception) => AdapterLog.Unreadable(_owner.Logger, _owner.Name, entry.Number, entry.Publisher, exception);

    public void SocketFailed(SocketId socket, Exception exception) => AdapterLog.SocketFailed(_owner.Logger, _owner.Name, socket, exception);

    public void JoinsRefused(int sockets, SocketId example)
    {
        _owner.Server.Metrics.JoinsRefused(sockets);
        AdapterLog.JoinsRefused(_owner.Logger, _owner.Name, sockets, _owner.Server.Options.MaxRoomsPerSocket, example);
    }

    /// <summary>Tells of a turn that has taken too long and is still under way.</summary>
    public void Watch() => _watch.Look();

    protected override void Run(INamespaceItem item)
    {
        _watch.Next(item);
        item.Run(_owner, State, _owner.Server.Now);
    }

    protected override void EndTurn()
    {
        _watch.Next(SendingAll);
        try
        {
            State.EndTurn(_owner.Server.Now);
            _owner.TurnEnded(State);
        }
        finally
        {
            _watch.End();
        }
    }

    protected override void Failed(Exception exception) => AdapterLog.TurnFailed(_owner.Logger, _owner.Name, exception);
}
