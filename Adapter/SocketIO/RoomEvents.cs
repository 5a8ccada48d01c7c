using Microsoft.Extensions.Logging;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SocketIO;

/// <summary>
/// The events of a namespace's rooms on this server (Socket.IO: the adapter's <c>create-room</c>, <c>join-room</c>, <c>leave-room</c>, <c>delete-room</c>).
/// Listeners run apart from the turn, one at a time and in order. A socket's own id counts as a room.
/// </summary>
internal sealed class RoomEvents : IRoomObserver, IEventQueueOwner
{
    /// <summary>How much may wait for the listeners; many clients may come or go at once.</summary>
    private const int Limit = 100_000;

    private readonly ILogger _logger;
    private readonly string _namespace;
    private readonly TimeProvider _time;
    private readonly EventQueue _queue;
    private bool _dropping;

    public RoomEvents(ILogger logger, string @namespace, TimeProvider time)
    {
        _logger = logger;
        _namespace = @namespace;
        _time = time;
        _queue = new EventQueue(this, Limit, long.MaxValue, long.MaxValue, HandlerScheduling.Sequential);
    }

    public event Action<string>? Created;

    public event Action<string, SocketId>? Joined;

    public event Action<string, SocketId>? Left;

    public event Action<string>? Deleted;

    void IRoomObserver.Joined(Room room, LocalSocket socket, bool isFirst)
    {
        if (NameOf(room, socket) is { } name)
        {
            var isNew = isFirst || room == Room.Everyone;
            Tell(() =>
            {
                if (isNew)
                {
                    Created?.Invoke(name);
                }
                Joined?.Invoke(name, socket.Id);
            });
        }
    }

    void IRoomObserver.Left(Room room, LocalSocket socket, bool isLast)
    {
        if (NameOf(room, socket) is { } name)
        {
            var isGone = isLast || room == Room.Everyone;
            Tell(() =>
            {
                Left?.Invoke(name, socket.Id);
                if (isGone)
                {
                    Deleted?.Invoke(name);
                }
            });
        }
    }

    TimeProvider IEventQueueOwner.Time => _time;

    ValueTask IEventQueueOwner.HandleAsync(object item)
    {
        try
        {
            ((Action)item)();
        }
#pragma warning disable CA1031 // A listener that throws stops nobody.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ((IEventQueueOwner)this).Failed(exception);
        }
        return ValueTask.CompletedTask;
    }

    void IEventQueueOwner.Failed(Exception exception) => SocketIOLog.HandlerFailed(_logger, _namespace, "(room)", exception);

    void IEventQueueOwner.HeldUp(HeldUp what, TimeSpan waited, int waiting) =>
        SocketIOLog.RoomListenersHeldUp(_logger, _namespace, waited.TotalSeconds, waiting);

    /// <summary>Users are no rooms here; coming into the namespace is joining the room of one's own id.</summary>
    private static string? NameOf(Room room, LocalSocket socket) =>
        room == Room.Everyone ? socket.Id.ToString() : room.Kind == RoomKind.Room ? room.Name : null;

    /// <summary>In the turn, and so never twice at once.</summary>
    private void Tell(Action tell)
    {
        var isFull = _queue.IsFull;
        if (!isFull)
        {
            _queue.Add(tell, 0);
        }
        else if (!_dropping)
        {
            SocketIOLog.RoomEventsDropped(_logger, _namespace, Limit);
        }
        _dropping = isFull;
    }
}
