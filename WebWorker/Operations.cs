using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using OrleansAdapter.SignalR;

namespace OrleansAdapter.WebWorker;

/// <summary>
/// What the cluster can say of its sockets and do to them, for whoever asks: a demonstration, since any client can move and kick any other. It is on unless
/// <c>WebWorker:Operations</c> is false. A room is a name, or null for everybody.
/// </summary>
internal sealed class Operations
{
    private const string Key = "WebWorker:Operations";

    private readonly NamespaceRoot _namespace;
    public Operations(IHubNamespace<ChatHub> hub, IOptions<OrleansAdapterOptions> options, IConfiguration configuration)
    {
        (_namespace, AreOn) = (hub.Namespace, configuration.GetValue(Key, true));
        _namespace.OnServerSideEmit("report", _ => Task.FromResult<object?>(new Report(options.Value.ServerName, _namespace.LocalSocketCount)));
    }

    /// <summary>Whether clients may use them here.</summary>
    public bool AreOn { get; }

    /// <summary>The sockets in a room, on all workers; without their secrets.</summary>
    public async Task<Socket[]> FetchAsync(JsonElement room, CancellationToken cancellationToken)
    {
        var sockets = await In(room).FetchSocketsAsync(cancellationToken: cancellationToken);
        return
        [
            .. sockets
                .Select(s => new Socket(s.Id.ToString(), s.Server.ToString(), [.. s.Rooms.Order(StringComparer.Ordinal)], s.Data, s.Handshake))
                .OrderBy(s => s.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>How many there are.</summary>
    public Task<long> CountAsync(JsonElement room, CancellationToken cancellationToken) => In(room).CountSocketsAsync(cancellationToken);

    /// <summary>The names of all rooms.</summary>
    public async Task<string[]> RoomsAsync(CancellationToken cancellationToken) =>
        [.. (await In(default).RoomsAsync(cancellationToken)).Order(StringComparer.Ordinal)];

    /// <summary>Takes everybody from one room to another.</summary>
    public async Task MoveAsync(JsonElement from, JsonElement to)
    {
        await In(from).SocketsJoinAsync(RoomName.Read(to));
        await In(from).SocketsLeaveAsync(RoomName.Read(from));
    }

    /// <summary>Disconnects all in a room but one.</summary>
    public Task KickAsync(JsonElement room, string except) => In(room).Except(except).DisconnectSocketsAsync();

    /// <summary>
    /// Asks all clients in a room but one: they are called with <c>ask(question)</c>. Tells who answered what, and who was silent. Not the one who wants to
    /// know, because SignalR reads nothing of a client whose call it handles.
    /// </summary>
    public async Task<Answers> AskAsync(JsonElement room, JsonElement question, string except)
    {
        var acks = await In(room).Except(except).AllowPartial.EmitWithAckAsync<JsonElement?>("ask", question);
        return new Answers(
            [.. acks.Answers.Select(a => new SocketAnswer(a.Socket.ToString(), a.Server.ToString(), a.Value, a.Error))],
            [.. acks.MissingSockets.Select(s => s.ToString())],
            [.. acks.MissingServers.Select(s => s.Server.ToString())]);
    }

    /// <summary>The cluster's servers.</summary>
    public async Task<Server[]> ServersAsync(CancellationToken cancellationToken)
    {
        Check();
        var servers = await _namespace.ServersAsync(cancellationToken);
        return [.. servers.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => new Server(s.Process.ToString(), s.Name, s.Started, s.Sockets))];
    }

    /// <summary>What each of the other workers says of itself.</summary>
    public async Task<ServerAnswer[]> ReportsAsync()
    {
        Check();
        var answers = await _namespace.ServerSideEmitWithAckAsync<Report>("report");
        return [.. answers.Select(a => new ServerAnswer(a.Server.ToString(), a.Value, a.Error))];
    }

    /// <exception cref="HubException">The operations are off, or the room's name is none.</exception>
    private BroadcastOperator In(JsonElement room)
    {
        Check();
        return room.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? _namespace.Except() : _namespace.To(RoomName.Read(room));
    }

    /// <exception cref="HubException">The operations are off.</exception>
    public void Check()
    {
        if (!AreOn)
        {
            throw new HubException($"The cluster's operations are off here ({Key}).");
        }
    }

    internal sealed record Socket(string Id, string Server, string[] Rooms, JsonElement Data, JsonElement Handshake);

    internal sealed record SocketAnswer(string Socket, string Server, JsonElement? Answer, string? Error);

    internal sealed record Answers(SocketAnswer[] All, string[] Silent, string[] MissingServers);

    internal sealed record Server(string Id, string Name, DateTimeOffset Started, int Sockets);

    internal sealed record ServerAnswer(string Server, Report? Answer, string? Error);

    internal sealed record Report(string Name, int Sockets);
}
