using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using OrleansAdapter.Admin;
using OrleansAdapter.SocketIO.Tests.Live;

namespace OrleansAdapter.SocketIO.Tests.Admin;

/// <summary>Servers with the admin UI, a namespace and a hub.</summary>
internal static class AdminCluster
{
    public const string Password = "right";

    /// <summary>The fewest rounds that there are.</summary>
    public static string Hash { get; } = BCrypt.Net.BCrypt.HashPassword(Password, 4);

    /// <summary>Starts it.</summary>
    /// <param name="servers">How many servers.</param>
    /// <param name="configure">What to set of the admin UI.</param>
    /// <param name="maps">Whether the admin UI is opened.</param>
    /// <param name="dateStands">Whether the date stands, while timers run: whatever is allowed once in a second is allowed once.</param>
    public static Task<SocketIOCluster> StartAsync(
        int servers = 1, Action<SocketIOAdminOptions>? configure = null, bool maps = true, bool dateStands = false)
    {
        var number = 0;
        return SocketIOCluster.StartAsync(
            servers,
            options => options.HandshakeHeaders.UnionWith(["cookie", "authorization", "user-agent", "x-api-key"]),
            Serve,
            builder =>
            {
                var name = $"server-{number++}";
                builder.Services.AddSignalR().AddOrleansAdapter(options => options.ServerName = name);
                if (dateStands)
                {
                    builder.Services.AddSingleton<TimeProvider>(new StandingDate());
                }
                builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
                builder.Services.AddSocketIOAdmin(options =>
                {
                    (options.Username, options.PasswordHash) = ("admin", Hash);
                    configure?.Invoke(options);
                });
            },
            (app, _) =>
            {
                app.UseForwardedHeaders();
                app.MapHub<AdminHub>("/hub");
                if (maps)
                {
                    app.MapSocketIOAdmin();
                }
            });
    }

    private static void Serve(SocketIOServer io)
    {
        io.On("join", (SocketIOSocket socket, string room) => socket.Join(room));
        io.On("leave", (SocketIOSocket socket, string room) => socket.Leave(room));
        io.On("note", (SocketIOSocket socket, JsonElement note) =>
        {
            socket.Data["note"] = note.Clone();
        });
        io.On("echo", (SocketIOSocket socket, SocketIOArguments arguments) => socket.Emit("echoed", [.. arguments]));
        io.Of(new System.Text.RegularExpressions.Regex("^/tenant-\\d+$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
    }
}

/// <summary>The machine's clock, but for the date, which stands.</summary>
internal sealed class StandingDate : TimeProvider
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => _now;
}

/// <summary>A hub whose connections the admin UI shows.</summary>
internal sealed class AdminHub : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Say(string room, string text) => Clients.Group(room).SendAsync("said", text);

    public int Take(Counted argument) => argument.Number;
}

/// <summary>An argument that knows how often one of its kind was written as JSON.</summary>
internal sealed class Counted
{
    private static int _written;

    public static int Written => Volatile.Read(ref _written);

    public int Number { get; set; }

    /// <summary>What is there for the writer only.</summary>
    public int Times => Interlocked.Increment(ref _written);
}

/// <summary>What the admin UI's page is to a server: a client of its namespace that speaks the wire.</summary>
internal sealed class AdminPage : IAsyncDisposable
{
    private readonly TestSocket _socket;

    private AdminPage(TestSocket socket) => _socket = socket;

    /// <summary>All that it was told, in order.</summary>
    public List<JsonElement[]> Told { get; } = [];

    public static async Task<AdminPage> OpenAsync(SocketIOHost host, object? auth = null, string? from = null, string? named = null)
    {
        var page = new AdminPage(await ConnectAsync(host, from, named));
        await page._socket.SendAsync("40/admin," + JsonSerializer.Serialize(auth ?? new { username = "admin", password = AdminCluster.Password }));
        while (true)
        {
            var text = await page._socket.ReceiveTextAsync();
            if (page.Take(text))
            {
                continue;
            }
            Assert.StartsWith("40/admin,{", text, StringComparison.Ordinal);
            return page;
        }
    }

    /// <summary>Tries to come in, and tells why not.</summary>
    public static async Task<JsonElement> RefusedAsync(SocketIOHost host, object auth, string? from = null, string? named = null)
    {
        await using var socket = await ConnectAsync(host, from, named);
        await socket.SendAsync("40/admin," + JsonSerializer.Serialize(auth));
        var text = await socket.ReceiveTextAsync();
        Assert.StartsWith("44/admin,", text, StringComparison.Ordinal);
        return JsonSerializer.Deserialize<JsonElement>(text["44/admin,".Length..]);
    }

    /// <summary>Waits until it is told something; looks also at what it was told before.</summary>
    /// <returns>The event's arguments.</returns>
    public async Task<JsonElement[]> HearsAsync(string @event, Func<JsonElement[], bool>? match = null)
    {
        var from = 0;
        while (true)
        {
            for (; from < Told.Count; from++)
            {
                if (Told[from][0].GetString() == @event && match?.Invoke(Told[from][1..]) != false)
                {
                    return Told[from][1..];
                }
            }
            var text = await _socket.ReceiveAsync() as string;
            if (text is null || !Take(text))
            {
                Assert.Fail($"{text} came, and no {@event}; told were\n{string.Join('\n', Told.Select(one => string.Join(' ', one)))}");
            }
        }
    }

    /// <summary>The session that it may come back by.</summary>
    public async Task<string> SessionAsync() => (await HearsAsync("session"))[0].GetString()!;

    /// <summary>Asks for something, and waits for the acknowledgement.</summary>
    public async Task<string> ActAsync(string @event, params object?[] arguments)
    {
        await _socket.SendAsync("42/admin,7" + JsonSerializer.Serialize<object?[]>([@event, .. arguments]));
        while (true)
        {
            var text = await _socket.ReceiveTextAsync();
            if (!Take(text))
            {
                Assert.StartsWith("43/admin,7[", text, StringComparison.Ordinal);
                return text["43/admin,7".Length..];
            }
        }
    }

    public Task SendAsync(string text) => _socket.SendAsync(text);

    public Task CloseAsync() => _socket.CloseAsync();

    public ValueTask DisposeAsync() => _socket.DisposeAsync();

    private static async Task<TestSocket> ConnectAsync(SocketIOHost host, string? from, string? named)
    {
        var socket = await TestSocket.ConnectAsync(
            host.Address,
            "/socket.io/?EIO=4&transport=websocket",
            options =>
            {
                if (from is not null)
                {
                    options.SetRequestHeader("X-Forwarded-For", from);
                }
                if (named is not null)
                {
                    options.SetRequestHeader("Host", named);
                    options.SetRequestHeader("Origin", $"http://{named}");
                }
            });
        await socket.ReceiveTextAsync();
        return socket;
    }

    private bool Take(string text)
    {
        if (text == "2" || !text.StartsWith("42/admin,[", StringComparison.Ordinal))
        {
            return text == "2";
        }
        Told.Add(JsonSerializer.Deserialize<JsonElement[]>(text["42/admin,".Length..])!);
        return true;
    }
}
