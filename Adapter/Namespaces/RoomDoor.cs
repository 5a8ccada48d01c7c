using System.Text.Json;

namespace OrleansAdapter.Namespaces;

/// <summary>
/// The door for other services: what they ask for, a server of the cluster does for them, which makes it exactly as reliable as what servers do for
/// themselves. That is the server of this process where it is one; else one without sockets, which registers when it is first needed.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="startsWithHost">Whether the host starts it.</param>
internal sealed class RoomDoor(ThisServer server, bool startsWithHost) : IRoomDoor
{
    private readonly Lock _lock = new();
    private Task? _started;

    public async Task EmitAsync(string @namespace, Room room, string @event, ReadOnlyMemory<byte> arguments)
    {
        var values = Parse(arguments);
        await (await OfAsync(@namespace, room).ConfigureAwait(false)).Emit(@event, values).ConfigureAwait(false);
    }

    public async Task<IReadOnlyCollection<SocketId>> SocketsAsync(string @namespace, Room room, CancellationToken cancellationToken) =>
        await (await OfAsync(@namespace, room).ConfigureAwait(false)).SocketIdsAsync(cancellationToken).ConfigureAwait(false);

    public async Task JoinAsync(string @namespace, Room room, string[] rooms) =>
        await (await OfAsync(@namespace, room).ConfigureAwait(false)).SocketsJoinAsync(rooms).ConfigureAwait(false);

    public async Task LeaveAsync(string @namespace, Room room, string[] rooms) =>
        await (await OfAsync(@namespace, room).ConfigureAwait(false)).SocketsLeaveAsync(rooms).ConfigureAwait(false);

    public async Task DisconnectAsync(string @namespace, Room room, bool close) =>
        await (await OfAsync(@namespace, room).ConfigureAwait(false)).DisconnectSocketsAsync(close).ConfigureAwait(false);

    private static object?[] Parse(ReadOnlyMemory<byte> arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments);
            if (document.RootElement.ValueKind == JsonValueKind.Array)
            {
                return [.. document.RootElement.EnumerateArray().Select(value => (object?)value.Clone())];
            }
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"The arguments are not JSON: {exception.Message}", nameof(arguments), exception);
        }
        throw new ArgumentException("The arguments are JSON, but no array.", nameof(arguments));
    }

    /// <summary>What is asked while the server starts waits for its turn, as long as requests may; where the start has failed, that is said.</summary>
    private async Task<BroadcastRoot> OfAsync(string @namespace, Room room)
    {
        if (Start() is { IsFaulted: true } failed)
        {
            await failed.ConfigureAwait(false);
        }
        BroadcastRoot all = server.Of(@namespace);
        return room == Room.Everyone ? all : room.Kind == RoomKind.User ? all.ToUser(room.Name) : all.To(room.Name);
    }

    private Task Start()
    {
        if (startsWithHost)
        {
            return Task.CompletedTask;
        }
        lock (_lock)
        {
            return _started ??= server.StartAsync(CancellationToken.None);
        }
    }
}
