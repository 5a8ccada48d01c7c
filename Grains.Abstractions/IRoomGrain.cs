using System.Text.Json;
using Orleans;

namespace OrleansAdapter;

/// <summary>
/// A room, for services that have an Orleans client and nothing else of this project. Get it from a grain factory: <c>grains.GetRoom("/chat", "lobby")</c>,
/// <c>GetNamespace</c>, <c>GetUser</c> or <c>GetSocket</c>. It holds no state: a room exists while it has members.
/// </summary>
/// <remarks>
/// <para>
/// What is sent here has its place in the namespace's one order, like what servers send; calls that are awaited one after the other keep their order.
/// </para>
/// <para>
/// An exception that says nothing else, a <see cref="TimeoutException"/> among them, means that the outcome is unknown: it may have happened, or may yet.
/// Nothing is ever sent twice by this grain; who calls again after an unknown outcome may send twice.
/// </para>
/// </remarks>
[Alias("OrleansAdapter.IRoomGrain")]
public interface IRoomGrain : IGrainWithStringKey
{
    /// <summary>Sends an event to every member. Ends when it has been accepted for every server that has members.</summary>
    /// <param name="event">The event's name (SignalR: the client method).</param>
    /// <param name="arguments">The arguments: a JSON array in UTF-8. The extension method <c>EmitAsync</c> makes it from values.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be sent all the same.</param>
    [Alias("EmitJson")]
    Task EmitJsonAsync(string @event, byte[] arguments, CancellationToken cancellationToken = default);

    /// <summary>Returns the ids of the members, on all servers.</summary>
    /// <exception cref="TimeoutException">A server that is alive did not answer in time.</exception>
    [Alias("Sockets")]
    Task<SocketId[]> SocketsAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes the members join other rooms. Ends when they are in, on all servers.</summary>
    [Alias("Join")]
    Task JoinAsync(string[] rooms, CancellationToken cancellationToken = default);

    /// <summary>Makes the members leave rooms, this one among them if you like. Ends when they are out, on all servers.</summary>
    [Alias("Leave")]
    Task LeaveAsync(string[] rooms, CancellationToken cancellationToken = default);

    /// <summary>Disconnects the members. Ends when all servers have done so.</summary>
    /// <param name="close">Whether their whole connections end, not only their part in this namespace.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("Disconnect")]
    Task DisconnectAsync(bool close = false, CancellationToken cancellationToken = default);
}

/// <summary>Gets the grains of rooms from a grain factory, and sends values through them.</summary>
public static class RoomGrainExtensions
{
    /// <summary>Gets a room of a namespace. The id of a socket is the room of that socket alone.</summary>
    /// <exception cref="ArgumentException">The name is no room's.</exception>
    public static IRoomGrain GetRoom(this IGrainFactory grains, string @namespace, string room) =>
        grains.GetGrain<IRoomGrain>(RoomKey.Of(@namespace, Room.Named(room)));

    /// <summary>Gets the room that all sockets of a namespace are in.</summary>
    public static IRoomGrain GetNamespace(this IGrainFactory grains, string @namespace) => grains.GetGrain<IRoomGrain>(RoomKey.Of(@namespace, Room.Everyone));

    /// <summary>Gets the room with all sockets of a user.</summary>
    public static IRoomGrain GetUser(this IGrainFactory grains, string @namespace, string userId) =>
        grains.GetGrain<IRoomGrain>(RoomKey.Of(@namespace, Room.OfUser(userId)));

    /// <summary>Gets the room with one socket in it.</summary>
    public static IRoomGrain GetSocket(this IGrainFactory grains, string @namespace, SocketId socket) => grains.GetRoom(@namespace, socket.ToString());

    /// <summary>Sends an event with these arguments, serialised as ASP.NET Core does it (camel case).</summary>
    /// <exception cref="JsonException">An argument cannot be serialised; nothing was sent.</exception>
    public static Task EmitAsync(this IRoomGrain room, string @event, params object?[] arguments) =>
        room.EmitJsonAsync(@event, JsonSerializer.SerializeToUtf8Bytes(arguments, JsonSerializerOptions.Web));
}

/// <summary>The key of a room's grain: the namespace, then <c>#</c> and the room's name, or <c>@</c> and the user's id.</summary>
internal static class RoomKey
{
    public static string Of(string @namespace, Room room)
    {
        ArgumentException.ThrowIfNullOrEmpty(@namespace);
        var escaped = @namespace.Replace("%", "%25", StringComparison.Ordinal)
            .Replace("#", "%23", StringComparison.Ordinal)
            .Replace("@", "%40", StringComparison.Ordinal);
        return $"{escaped}{(room.Kind == RoomKind.User ? '@' : '#')}{room.Name}";
    }

    /// <exception cref="ArgumentException">It is no such key.</exception>
    public static (string Namespace, Room Room) Parse(string key)
    {
        var end = key.AsSpan().IndexOfAny('#', '@');
        if (end <= 0)
        {
            throw new ArgumentException($"\"{key}\" is no room's key: use GetRoom, GetNamespace, GetUser or GetSocket of a grain factory.", nameof(key));
        }
        var name = key[(end + 1)..];
        return (
            Uri.UnescapeDataString(key[..end]),
            key[end] == '@' ? Room.OfUser(name) : name.Length == 0 ? Room.Everyone : Room.Named(name));
    }
}
