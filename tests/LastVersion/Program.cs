using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.SignalR;
using OrleansAdapter.SocketIO;

// What WebWorker does in the test of rolling upgrades (RollingUpgradeTests), written against the packages of the version before.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.AddOrleansAdapter(options => options.MapHub<Chat>("/"));
builder.Services.AddSignalR().AddOrleansAdapter();
builder.Services.AddSocketIO();
var app = builder.Build();

app.MapHub<Chat>("/hub");
app.MapSocketIO("/socket.io");
var name = app.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value.ServerName;
var io = app.Services.GetRequiredService<SocketIOServer>();
io.On("join", (SocketIOSocket socket, string room) => socket.Join(room));
io.On("say", (string room, JsonElement payload) => io.To(room).Emit("said", payload));
io.On("who", (SocketIOSocket socket, string room) => Members.OfAsync(io, room, socket.Disconnected));
io.On("whoami", (SocketIOSocket socket) => new { socket = socket.Id.ToString(), server = name, last = true });
app.Run();

internal sealed class Chat(IHubNamespace<Chat> hub) : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Say(string room, JsonElement payload) => Clients.Group(room).SendAsync("said", payload);

    public Task<string[]> Who(string room) => Members.OfAsync(hub.Namespace, room, Context.ConnectionAborted);
}

internal static class Members
{
    public static async Task<string[]> OfAsync(NamespaceRoot io, string room, CancellationToken cancellationToken) =>
        [.. (await io.To(room).SocketIdsAsync(cancellationToken)).Select(id => id.ToString()).Order(StringComparer.Ordinal)];
}
