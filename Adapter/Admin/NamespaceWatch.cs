using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Admin;

/// <summary>Tells the watch what happens in one namespace.</summary>
internal sealed class NamespaceWatch(SocketWatch watch, Namespace @namespace) : ISocketWatcher
{
    public void Joined(Room room, LocalSocket socket, bool isFirst)
    {
        if (room == Room.Everyone)
        {
            watch.Connected(@namespace, socket);
        }
        else if (room.Kind == RoomKind.Room && socket.IsWatched)
        {
            watch.Joined(@namespace, socket, room.Name);
        }
    }

    public void Left(Room room, LocalSocket socket, bool isLast)
    {
        // Of very many sockets that go at once, most are not shown.
        if (!socket.IsWatched)
        {
            return;
        }
        if (room == Room.Everyone)
        {
            watch.Disconnected(@namespace, socket);
        }
        else if (room.Kind == RoomKind.Room)
        {
            watch.Left(@namespace, socket, room.Name);
        }
    }

    public void Received<TState>(LocalSocket socket, string @event, TState state, Func<TState, ReadOnlyMemory<byte>> arguments) =>
        watch.Event("event_received", @namespace, socket, @event, state, arguments);

    public void Sent(LocalSocket socket, string @event, ReadOnlyMemory<byte> arguments) =>
        watch.Event("event_sent", @namespace, socket, @event, arguments, static arguments => arguments);
}
