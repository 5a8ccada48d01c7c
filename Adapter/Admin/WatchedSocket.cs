using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Admin;

/// <summary>A socket that the admin UI shows, with what was last told of it. For the holder of the watch's lock.</summary>
internal sealed class WatchedSocket(Namespace @namespace, LocalSocket socket, IEnumerable<string> rooms)
{
    public Namespace Namespace { get; } = @namespace;

    public LocalSocket Socket { get; } = socket;

    /// <summary>Its rooms, with that of its own id, as far as they are shown.</summary>
    public List<string> Rooms { get; } = [socket.Id.ToString(), .. rooms.Take(SocketJson.MostRooms - 1)];

    /// <summary>What carries its connection.</summary>
    public string Transport { get; set; } = SocketJson.Transport(socket.Kind);

    /// <summary>A hash of its data; null where nobody has looked at them.</summary>
    public int? Data { get; set; }

    public void Join(string room)
    {
        if (Rooms.Count < SocketJson.MostRooms)
        {
            Rooms.Add(room);
        }
    }
}
