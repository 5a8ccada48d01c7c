using System.Collections.Concurrent;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.SignalR;

/// <summary>The connections of one hub on this server, by id. Safe under threads.</summary>
internal sealed class HubSockets : IDrainedFront
{
    private readonly ConcurrentDictionary<SocketId, HubSocket> _sockets = new();

    public int Count => _sockets.Count;

    public IEnumerable<IDrainedClient> Clients => _sockets.Select(socket => socket.Value);

    public IEnumerable<HubSocket> All => _sockets.Select(socket => socket.Value);

    public void Add(HubSocket socket) => _sockets[socket.Id] = socket;

    public void Remove(HubSocket socket) => _sockets.TryRemove(new(socket.Id, socket));

    public bool Contains(SocketId id) => _sockets.ContainsKey(id);

    public HubSocket? Find(string connectionId)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        return SocketId.TryParse(connectionId, out var id) ? _sockets.GetValueOrDefault(id) : null;
    }
}
