using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using OrleansAdapter.WebWorker.Page;

namespace OrleansAdapter.WebWorker;

/// <content>
/// What the page calls (see <see cref="PageRooms"/>). It is called with <c>told</c>, with <c>changed</c> when somebody came or went, and with <c>killed</c>.
/// </content>
internal sealed partial class ChatHub
{
    public Task<PageRooms.Welcome> Enter(JsonElement room, JsonElement name) => rooms.EnterAsync(Client(), room, name);

    public Task Tell(JsonElement text, JsonElement stamp) => rooms.TellAsync(Context.ConnectionId, text, stamp);

    public Task<PageRooms.People> People() => rooms.PeopleAsync(Context.ConnectionId);

    public Task<Cluster.View> Workers() => cluster.ViewAsync();

    public Task Kill(JsonElement worker) => rooms.KillAsync(Context.ConnectionId, worker);

    private PageClient Client()
    {
        // The hub is another one by the time that these are called; the connection is the same.
        var (groups, id) = (Groups, Context.ConnectionId);
        return new PageClient(
            id,
            "SignalR",
            Context.SocketData(),
            room => groups.AddToGroupAsync(id, room),
            room => groups.RemoveFromGroupAsync(id, room),
            Context.ConnectionAborted);
    }
}
