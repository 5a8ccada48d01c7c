using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.SocketIO;
using OrleansAdapter.TestWorker;

// What the demonstration lacks, for tests with official clients: several namespaces, a middleware that counts, and events of every kind.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddOrleansAdapter();
builder.Services.AddSocketIO();
builder.Services.AddSignalR().AddOrleansAdapter();
if (File.Exists(builder.Configuration["TestWorker:HeldUpBy"]))
{
    // What an application does before its host runs may take any time.
    Console.Out.WriteLine("held up");
    await Task.Delay(Timeout.Infinite);
}
await using var app = builder.Build();
app.MapSocketIO("/socket.io");
app.MapSocketIO("/socket.io-msgpack", SocketIOParser.MessagePack);
app.MapHub<SessionHub>("/hub", options => options.AllowStatefulReconnects = true);
app.MapHub<OtherHub>("/other");
app.MapHealthChecks("/healthz/ready");
var server = app.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value.ServerName;
var io = app.Services.GetRequiredService<SocketIOServer>();
foreach (var name in new[] { "/", "/a", "/b" })
{
    var chat = io.Of(name);
    chat.Use(socket =>
    {
        var before = socket.Data.TryGetValue("passed", out var passed) ? ((JsonElement)passed!).GetInt32() : 0;
        socket.Data["passed"] = before + 1;
        return Task.CompletedTask;
    });
    chat.On("join", async (SocketIOSocket socket, string room) =>
    {
        await socket.Join(room);
        return true;
    });
    chat.On("say", async (string room, SocketIOValue payload) =>
    {
        await chat.To(room).Emit("said", payload);
        return true;
    });
    chat.On("volatile", async (string room, string text) =>
    {
        await chat.To(room).Volatile.Emit("said", text);
        return true;
    });
    chat.On("mine", (SocketIOSocket socket, SocketIOValue payload) =>
    {
        socket.Emit("said", payload);
        return true;
    });
    // On one worker nobody is told that it is done, so that the client asks again.
    chat.On("act", async (string room, string id, string silent, SocketIOAck ack) =>
    {
        var isFirst = await chat.Once(id);
        if (isFirst)
        {
            await chat.To(room).Emit("said", id);
        }
        if (server != silent)
        {
            ack.Send(new { isFirst, server });
        }
    });
    chat.On("move", async (string from, string to) =>
    {
        await chat.To(from).SocketsJoinAsync(to);
        return true;
    });
    chat.On("whoami", (SocketIOSocket socket) => new { server, rooms = socket.Rooms.Order(), passed = socket.Data["passed"], recovered = socket.Recovered });
}
await app.RunAsync();
