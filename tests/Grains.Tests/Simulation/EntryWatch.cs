
namespace OrleansAdapter.Grains.Tests.Simulation;

/// <summary>
/// Watches a server handle entries: each is either left out as a whole, or done to exactly those sockets that it is for by the simulation's own
/// record of rooms.
/// </summary>
internal sealed class EntryWatch(SimulatedServer server, Recording recording)
{
    private readonly List<SimulatedSocket> _targets = [];
    private readonly List<SimulatedSocket> _reached = [];
    private Entry? _entry;
    private Publish? _publish;
    private int _retained;
    private bool _requested;

    public void Begin(Entry entry)
    {
        _entry = entry;
        server.IsRestoring = entry.Operation.Kind == OperationKind.Moved;
        _publish = null;
        _requested = false;
        _retained = server.State.Replica.RetainedCount;
        _reached.Clear();
        _targets.Clear();
        _targets.AddRange(server.Sockets.Where(socket => Targets.Include(entry.Operation.Target!, socket)));
    }

    /// <summary>The entry's packet was handed to a socket.</summary>
    public void Delivered(SimulatedSocket socket, int publish)
    {
        if (_entry is null || recording.Find(_entry).Index != publish)
        {
            throw new ViolationException($"P2: {socket} got #{publish} out of turn");
        }
        Reached(socket);
    }

    /// <summary>The entry was passed on as a request.</summary>
    public void Requested(IReadOnlyList<LocalSocket> sockets)
    {
        _requested = true;
        foreach (var socket in sockets)
        {
            Reached((SimulatedSocket)socket);
        }
    }

    public void End()
    {
        var entry = _entry!;
        _entry = null;
        server.IsRestoring = false;
        if (entry.Operation.Kind == OperationKind.Acted)
        {
            server.HeardActed.Add((((SessionOnce)entry.Operation.Word!).Ids[0].Id, entry.Publisher));
            return;
        }
        if (entry.Operation.Kind == OperationKind.Moved)
        {
            return; // nobody published it; what becomes of it is the clients' affair
        }
        if (server.State.Replica.RetainedCount == _retained)
        {
            recording.Count("entry skipped");
            return;
        }
        if (_requested != (entry.Operation.Kind == OperationKind.Request))
        {
            throw new ViolationException($"P8: {server.Life} did not take the request {entry}");
        }
        _publish ??= recording.Find(entry);
        recording.Handled(server.Life, server.State.Replica.Epoch, server.Session, _publish, entry.Number);
        recording.Log($"HANDLED by {server.Life}: {_publish} for [{string.Join(", ", _targets)}]");
        foreach (var socket in _targets)
        {
            socket.Received.Add(_publish);
            Did(entry.Operation, socket);
        }
    }

    private void Reached(SimulatedSocket socket)
    {
        if (socket.Closed is not null)
        {
            throw new ViolationException($"P4: {socket} got {_entry} though it is closed");
        }
        if (!_targets.Contains(socket) || _reached.Contains(socket))
        {
            throw new ViolationException($"P2: {socket} got {_entry}, which is not for it, or twice");
        }
        _reached.Add(socket);
    }

    private void Did(Operation operation, SimulatedSocket socket)
    {
        var moment = recording.NextMoment();
        switch (operation.Kind)
        {
            case OperationKind.SocketsJoin:
                foreach (var room in operation.Rooms)
                {
                    socket.Join(room, moment).Claims.Add(new Claim { Via = _publish });
                }
                break;
            case OperationKind.SocketsLeave:
                foreach (var room in operation.Rooms)
                {
                    socket.Leave(room, moment);
                }
                break;
            case OperationKind.DisconnectSockets:
                if (socket.Reason is null)
                {
                    throw new ViolationException($"P3: {socket} was not closed by {_publish}");
                }
                server.Gone(socket);
                break;
            default:
                if (!_reached.Contains(socket))
                {
                    throw new ViolationException($"P3: {socket} was left out of {_publish}");
                }
                break;
        }
    }
}
