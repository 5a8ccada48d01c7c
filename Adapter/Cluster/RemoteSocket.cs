using System.Text.Json;
using OrleansAdapter.Namespaces;

namespace OrleansAdapter.Cluster;

/// <summary>A socket of any server, as it was when it was fetched, and the ways to steer it. What is done to it travels in the namespace's order.</summary>
public sealed class RemoteSocket
{
    private readonly Namespace _namespace;

    internal RemoteSocket(Namespace @namespace, SocketId id, ServerId server, string? userId, IReadOnlySet<string> rooms, JsonElement data, JsonElement handshake)
    {
        _namespace = @namespace;
        (Id, Server, UserId, Rooms, Data, Handshake) = (id, server, userId, rooms, data, handshake);
    }

    /// <summary>The socket's id.</summary>
    public SocketId Id { get; }

    /// <summary>The server that holds it.</summary>
    public ServerId Server { get; }

    /// <summary>The user whose socket it is, if there is one.</summary>
    public string? UserId { get; }

    /// <summary>The rooms it was in.</summary>
    public IReadOnlySet<string> Rooms { get; }

    /// <summary>What its server's application keeps with it.</summary>
    public JsonElement Data { get; }

    /// <summary>How the client connected; without the auth payload and cookies, unless they were asked for.</summary>
    public JsonElement Handshake { get; }

    /// <summary>Sends an event to the socket. Ends when it is in the one order.</summary>
    public Task EmitAsync(string @event, params ReadOnlySpan<object?> arguments) => _namespace.To(Id.ToString()).Emit(@event, arguments);

    /// <summary>Makes it join rooms. Ends when it holds everywhere.</summary>
    public Task JoinAsync(params ReadOnlySpan<string> rooms) => _namespace.To(Id.ToString()).SocketsJoinAsync(rooms);

    /// <summary>Makes it leave rooms. Ends when it holds everywhere.</summary>
    public Task LeaveAsync(params ReadOnlySpan<string> rooms) => _namespace.To(Id.ToString()).SocketsLeaveAsync(rooms);

    /// <summary>Disconnects it. Ends when it holds everywhere.</summary>
    /// <param name="close">Whether the whole connection ends, not only its part in this namespace.</param>
    public Task DisconnectAsync(bool close = false) => _namespace.To(Id.ToString()).DisconnectSocketsAsync(close);
}

/// <summary>Fetched sockets; where a partial result was allowed, also who is missing in it.</summary>
public sealed class RemoteSocketList : System.Collections.ObjectModel.ReadOnlyCollection<RemoteSocket>
{
    internal RemoteSocketList(IList<RemoteSocket> sockets, IReadOnlyList<ServerId> missing)
        : base(sockets)
    {
        MissingServers = missing;
    }

    /// <summary>Servers that are alive and gave no answer; empty where the result is whole.</summary>
    public IReadOnlyList<ServerId> MissingServers { get; }
}
