using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansAdapter;
using OrleansAdapter.SocketIO;
using OrleansAdapter.TestWorker;

// What the demonstration lacks, for tests with official clients: several namespaces, middlewares, events of every kind, and hubs that speak MessagePack.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddOrleansAdapter(options => options.MapHub<TestHub>("/").MapHub<OtherHub>("/a").MapHub<GuardedHub>("/auth"));
builder.Services
    .AddSignalR(hub => (hub.MaximumParallelInvocationsPerClient, hub.MaximumReceiveMessageSize) = (4, 1 << 20))
    .AddMessagePackProtocol()
    .AddOrleansAdapter();
builder.Services.AddSocketIO();
if (File.Exists(builder.Configuration["TestWorker:HeldUpBy"]))
{
    // What an application does before its host runs may take any time.
    Console.Out.WriteLine("held up");
    await Task.Delay(Timeout.Infinite);
}
await using var app = builder.Build();
app.MapSocketIO("/socket.io");
app.MapSocketIO("/socket.io-msgpack", SocketIOParser.MessagePack);
app.MapHub<SessionHub>("/sessions", options => options.AllowStatefulReconnects = true);
app.MapHub<OtherSessionHub>("/sessions/other");
app.Use((context, next) =>
{
    if (context.Request.Path.StartsWithSegments("/hub/auth", StringComparison.Ordinal) && context.Request.Headers.Authorization != "Bearer right")
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
    return next(context);
});
app.MapHub<TestHub>("/hub");
app.MapHub<OtherHub>("/hub/a");
app.MapHub<GuardedHub>("/hub/auth");
app.MapHealthChecks("/healthz/ready");
var server = app.Services.GetRequiredService<IOptions<OrleansAdapterOptions>>().Value.ServerName;
var io = app.Services.GetRequiredService<SocketIOServer>();
io.Of("/auth").Use(socket => socket.Handshake.Auth.TryGetProperty("token", out var token) && token.GetString() == "right"
    ? Task.CompletedTask
    : throw new ConnectErrorException("not authorized"));
foreach (var name in new[] { "/", "/a", "/b", "/auth" })
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
    chat.On("echo", (SocketIOValue value) => value);
    chat.On("namespace", (SocketIOSocket socket) => socket.Namespace.Name);
    chat.On("ask", (SocketIOSocket socket, string question, SocketIOAck ack) => _ = AskAsync(socket, question, ack));
    chat.On("move", async (string from, string to) =>
    {
        await chat.To(from).SocketsJoinAsync(to);
        return true;
    });
    chat.On("whoami", (SocketIOSocket socket) => new { server, rooms = socket.Rooms.Order(), passed = socket.Data["passed"], recovered = socket.Recovered });
}
await app.RunAsync();

// Not awaited by the handler: the client's answer is an acknowledgement, which has to be read.
static async Task AskAsync(SocketIOSocket socket, string question, SocketIOAck ack) =>
    ack.Send(await socket.Timeout(TimeSpan.FromSeconds(20)).EmitWithAckAsync<JsonElement>("ask", question));
