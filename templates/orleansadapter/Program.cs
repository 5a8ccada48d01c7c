#if (SignalR)
using Microsoft.AspNetCore.SignalR;
#endif
#if (SocketIO)
using OrleansAdapter.SocketIO;
#endif

var builder = WebApplication.CreateBuilder(args);

// The command orleansadapter runs this program as several workers, and tells each where the rooms are kept. By itself it keeps them alone.
#if (Both)
// The hub's groups are the rooms of Socket.IO's main namespace.
builder.AddOrleansAdapter(options => options.MapHub<Chat>("/"));
#else
builder.AddOrleansAdapter();
#endif
#if (SignalR)
builder.Services.AddSignalR().AddOrleansAdapter();
#endif
#if (SocketIO)
builder.Services.AddSocketIO();
#endif
// Metrics and traces go where OTEL_EXPORTER_OTLP_ENDPOINT says, and metrics to whoever runs it with --observe; else nowhere.
builder.AddOrleansAdapterExport();

var app = builder.Build();
#if (SignalR)
app.MapHub<Chat>("/hub");
#endif
#if (SocketIO)
app.MapSocketIO();
var io = app.Services.GetRequiredService<SocketIOServer>();
io.On("join", (SocketIOSocket socket, string room) => socket.Join(room));
io.On("say", (string room, string text) => io.To(room).Emit("said", text));
#endif
app.Run();
#if (SignalR)

internal sealed class Chat : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Say(string room, string text) => Clients.Group(room).SendAsync("said", text);
}
#endif
