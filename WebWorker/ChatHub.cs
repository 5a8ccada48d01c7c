using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using OrleansAdapter.SignalR;
using OrleansAdapter.WebWorker.Page;

namespace OrleansAdapter.WebWorker;

/// <summary>
/// A chat in rooms. A client calls the methods, and is called with <c>said(payload)</c> for what is said in its rooms. A call's result comes when what
/// was asked for holds in the whole cluster; an invalid room is an error to the caller.
/// </summary>
internal sealed partial class ChatHub(
    IHubNamespace<ChatHub> hub, Operations operations, PageRooms rooms, Cluster cluster, IOptions<OrleansAdapterOptions> options) : Hub
{
    /// <summary>Enters a room: what is said there from now on is heard, wherever it is said.</summary>
    public Task Join(JsonElement room) => Groups.AddToGroupAsync(Context.ConnectionId, RoomName.Read(room));

    /// <summary>Leaves a room.</summary>
    public Task Leave(JsonElement room) => Groups.RemoveFromGroupAsync(Context.ConnectionId, RoomName.Read(room));

    /// <summary>Says something, any JSON, to everybody in a room.</summary>
    public Task Say(JsonElement room, AnyJson payload) => Clients.Group(RoomName.Read(room)).SendAsync("said", payload);

    /// <summary>The ids of all who are in a room, on all workers.</summary>
    public async Task<IEnumerable<string>> Who(JsonElement room)
    {
        var ids = await hub.Namespace.To(RoomName.Read(room)).SocketIdsAsync(Context.ConnectionAborted);
        return ids.Select(id => id.ToString()).Order(StringComparer.Ordinal);
    }

    /// <summary>The id of the caller's connection, and the name of the worker that holds it.</summary>
    public Identity WhoAmI() => new(Context.ConnectionId, options.Value.ServerName);

    /// <summary>Who a client is.</summary>
    internal sealed record Identity(string Socket, string Server);
}
