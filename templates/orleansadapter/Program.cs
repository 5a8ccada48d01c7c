#if (SignalR)
using Microsoft.AspNetCore.SignalR;
#endif
#if (SocketIO)
using OrleansAdapter.SocketIO;
#endif

var builder = WebApplication.CreateBuilder(args);

// Several workers are one: the primary (the command orleansadapter) tells each where the rooms are kept. Without it they are kept here.
builder.Services.AddDirectory(builder.Configuration.GetSection("OrleansAdapter:Directory"));
builder.Services.AddSupervision();
builder.WebHost.UsePrimary();
builder.Services.AddOrleansAdapter(options =>
{
    builder.Configuration.GetSection("OrleansAdapter").Bind(options);
#if (Both)
    // The hub's groups are the rooms of Socket.IO's main namespace.
    options.MapHub<Chat>("/");
#endif
});
#if (SignalR)
builder.Services.AddSignalR().AddOrleansAdapter();
#endif
#if (SocketIO)
builder.Services.AddSocketIO(builder.Configuration.GetSection("SocketIO").Bind);
#endif

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
