using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>
/// Clients in one process that lines of JSON drive: official ones in Node.js, of SignalR (clients/signalr.mjs) or of Socket.IO (clients/socketio.mjs), or
/// others that speak the same.
/// </summary>
internal sealed class JavaScriptClients : IAsyncDisposable
{
    /// <summary>Longer than any client tries; only a failing test waits so long.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process _node;
    private readonly string _path;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _answers = new();
    private readonly ConcurrentDictionary<string, JavaScriptClient> _clients = new(StringComparer.Ordinal);
    private readonly Lock _writing = new();
    /// <summary>No two clients have one name, whatever process they are in: what they publish bears it.</summary>
    private static int _last;

    private JavaScriptClients(Process node, string path)
    {
        _node = node;
        _path = path;
        _reading = ReadAsync();
    }

    /// <summary>Starts the process; skips the running test where there is no Node.js.</summary>
    public static JavaScriptClients Start() => Start("signalr.mjs", "/hub");

    /// <summary>The same in a network namespace: on a machine of a <see cref="TestNetwork"/>.</summary>
    public static JavaScriptClients StartIn(string networkNamespace)
    {
        Checkout.SkipWithoutNode();
        return Start(new ProcessStartInfo("/usr/sbin/ip", ["netns", "exec", networkNamespace, "node", "signalr.mjs"]), "/hub");
    }

    /// <summary>The same with clients of Socket.IO, whose transports are <c>polling</c>, <c>websocket</c> and <c>upgrade</c> from one to the other.</summary>
    public static JavaScriptClients StartSocketIO() => Start("socketio.mjs", "");

    /// <summary>Clients of Socket.IO, of several versions, that come back to their sessions (clients/recovery.mjs).</summary>
    public static JavaScriptClients StartRecovering() => Start("recovery.mjs", "");

    /// <summary>Clients of Socket.IO in Python, of the kinds <c>sync</c> and <c>asyncio</c> (clients/python.py); skips the running test without them.</summary>
    public static JavaScriptClients StartPython()
    {
        Assert.SkipUnless(
            File.Exists("/usr/lib/python3/dist-packages/socketio/__init__.py"), "Needs Debian's python3-socketio, which test.sh --full installs.");
        return Start(new ProcessStartInfo("/usr/bin/python3", ["python.py"]), "");
    }

    /// <summary>.NET's clients, of the kinds <c>socketio</c>, <c>signalr-json</c> and <c>signalr-messagepack</c> (tests/DotNetClients).</summary>
    public static JavaScriptClients StartDotNet() => Start(new ProcessStartInfo("dotnet", [Checkout.Program("tests/DotNetClients")]), "");

    private static JavaScriptClients Start(string script, string path)
    {
        Checkout.SkipWithoutNode();
        return Start(new ProcessStartInfo("node", [script]), path);
    }

    private static JavaScriptClients Start(ProcessStartInfo start, string path)
    {
        (start.WorkingDirectory, start.RedirectStandardInput, start.RedirectStandardOutput) = (Checkout.JavaScriptClients, true, true);
        return new JavaScriptClients(Process.Start(start)!, path);
    }

    /// <summary>Connects a client to the hub of a worker.</summary>
    /// <param name="url">The worker's address.</param>
    /// <param name="transport">The name of one of SignalR's transports.</param>
    public async Task<JavaScriptClient> OpenAsync(string url, string transport = "WebSockets")
    {
        var client = new JavaScriptClient(this, $"client-{Interlocked.Increment(ref _last)}");
        _clients[client.Name] = client;
        client.Id = (await AskAsync(new { @do = "open", client = client.Name, url = url + _path, transport }))!.GetValue<string>();
        return client;
    }

    /// <summary>Connects a client to the test application's hub.</summary>
    /// <param name="url">Where it connects to.</param>
    /// <param name="transport">The name of one of SignalR's transports.</param>
    /// <param name="resume">Whether it connects again by itself, and comes back with its resume token.</param>
    /// <param name="stateful">Whether it has stateful reconnect.</param>
    /// <param name="token">A resume token to begin with.</param>
    /// <param name="hub">The hub's path.</param>
    /// <param name="offsets">Whether it asks for the place of each invocation, and comes back with what it missed.</param>
    public async Task<JavaScriptClient> OpenHubAsync(
        string url, string transport = "WebSockets", bool resume = false, bool stateful = false, string? token = null, string hub = "/sessions",
        bool offsets = false)
    {
        var client = new JavaScriptClient(this, $"client-{Interlocked.Increment(ref _last)}");
        _clients[client.Name] = client;
        await AskAsync(new { @do = "open", client = client.Name, url = url + hub, transport, resume, stateful, token, offsets });
        client.Id = (await client.Connected.FirstAsync(_ => true, "to be let in")).Id; // which may be an older one than it negotiated
        return client;
    }

    /// <summary>Connects a client of some kind.</summary>
    /// <param name="kind">Its kind, as the process knows it: of Node.js's clients the version, or <c>msgpack</c>.</param>
    /// <param name="url">The worker's address, with the namespace or the hub's path.</param>
    /// <param name="transport">The transport's name.</param>
    /// <param name="token">What proves who it is.</param>
    /// <exception cref="ClientException">It is not let in.</exception>
    public async Task<JavaScriptClient> OpenKindAsync(string kind, string url, string transport, string? token = null)
    {
        var client = new JavaScriptClient(this, $"client-{Interlocked.Increment(ref _last)}");
        _clients[client.Name] = client;
        var auth = token is null ? null : new { token };
        client.Id = (await AskAsync(new { @do = "open", client = client.Name, kind, url, transport, auth }))!.GetValue<string>();
        return client;
    }

    /// <summary>Connects a client of Socket.IO that is in a room whenever it is connected, and connects again when it is not.</summary>
    public async Task<JavaScriptClient> StayAsync(string url, string room)
    {
        var client = new JavaScriptClient(this, $"client-{Interlocked.Increment(ref _last)}");
        _clients[client.Name] = client;
        client.Id = (await AskAsync(new { @do = "open", client = client.Name, url = url + _path, transport = "upgrade", room }))!.GetValue<string>();
        await client.Joined.UntilAsync(1, "to be in the room");
        return client;
    }

    /// <summary>Connects a client that comes back to its session whenever its connection breaks (<see cref="StartRecovering"/>).</summary>
    /// <param name="url">Where it connects to.</param>
    /// <param name="version">Its version: 4.6, 4.7 or 4.8.</param>
    /// <param name="transport">As in <see cref="StartSocketIO"/>.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="with">A client whose connection it shares; null for one of its own.</param>
    /// <param name="room">A room that it joins whenever it begins anew; null for none.</param>
    /// <param name="retries">How often it repeats what is not acknowledged within 300 ms; 0 for a client that repeats nothing.</param>
    public async Task<JavaScriptClient> OpenRecoverableAsync(
        string url, string version = "4.8", string transport = "websocket", string @namespace = "/", JavaScriptClient? with = null, string? room = null,
        int retries = 0)
    {
        var client = new JavaScriptClient(this, $"client-{Interlocked.Increment(ref _last)}");
        _clients[client.Name] = client;
        client.Id = (await AskAsync(new { @do = "open", client = client.Name, url, version, transport, @namespace, with = with?.Name, room, retries }))!
            .GetValue<string>();
        return client;
    }

    /// <summary>Connects a client and puts it into a room.</summary>
    public async Task<JavaScriptClient> JoinAsync(string url, string room, string transport = "WebSockets")
    {
        var client = await OpenAsync(url, transport);
        await client.CallAsync("join", room);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        try
        {
            await _node.WaitForExitAsync().WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            _node.Kill(entireProcessTree: true);
        }
        await _reading;
        _node.Dispose();
    }

    /// <exception cref="ClientException">The answer is an error.</exception>
    internal async Task<JsonNode?> AskAsync(object command)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _answers[id] = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var json = JsonSerializer.SerializeToNode(command)!;
        json["id"] = id;
        try
        {
            lock (_writing)
            {
                _node.StandardInput.WriteLine(json.ToJsonString());
                _node.StandardInput.Flush();
            }
            return await answer.Task.WaitAsync(AnswerLimit, TestContext.Current.CancellationToken);
        }
        finally
        {
            _answers.TryRemove(id, out _);
        }
    }

    /// <summary>Forgets a client that is closed, with all that it saw; what its process tells of it from now on is not read.</summary>
    internal void Forget(JavaScriptClient client) => _clients.TryRemove(client.Name, out _);

    private async Task ReadAsync()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = Stopwatch.GetTimestamp();
            var message = JsonNode.Parse(line)!.AsObject();
            if (message["id"] is { } id)
            {
                if (_answers.TryGetValue(id.GetValue<int>(), out var waiting))
                {
                    Answer(waiting, message);
                }
            }
            else if (_clients.TryGetValue(message["client"]!.GetValue<string>(), out var client))
            {
                client.Add(message, at);
            }
        }
        foreach (var answer in _answers.Values)
        {
            answer.TrySetException(new ClientException("The clients' process has ended."));
        }
    }

    private static void Answer(TaskCompletionSource<JsonNode?> to, JsonObject message)
    {
        if (message["error"] is { } error)
        {
            to.TrySetException(new ClientException(error.GetValue<string>()));
        }
        else
        {
            to.TrySetResult(message["result"]);
        }
    }
}

/// <summary>What a client was told went wrong.</summary>
internal sealed class ClientException(string message) : Exception(message);

/// <summary>A client was let in: its id, whether it had come back to its session, how much it had heard by then, and its resume token (SignalR).</summary>
internal readonly record struct Entered(string Id, bool Recovered, int Heard, string? Token)
{
    /// <summary>Whether it had been told by then that it is in its room, with this id: from then on it misses nothing that is said there.</summary>
    public bool HadJoined { get; init; }
}

/// <summary>One official client, and all that it saw.</summary>
internal sealed class JavaScriptClient(JavaScriptClients owner, string name) : IHubClient
{
    /// <summary>Its name among the clients; what it publishes under load bears it.</summary>
    public string Name { get; } = name;

    /// <summary>The id of its connection, as the client has it.</summary>
    public string Id { get; set; } = "";

    /// <summary>What it heard, as JSON.</summary>
    public EventLog<string> Said { get; } = new(name);

    /// <summary>Which of its own messages under load were acknowledged, and when.</summary>
    public EventLog<(int Number, long At)> Acknowledged { get; } = new(name);

    /// <summary>Which of its own messages under load failed, and why.</summary>
    public EventLog<(int Number, string Error)> Failed { get; } = new(name);

    /// <summary>What it was asked, as JSON.</summary>
    public EventLog<string> Asked { get; } = new(name);

    /// <summary>Its end, with the error that it was told, if there was one.</summary>
    public EventLog<string?> Closed { get; } = new(name);

    /// <summary>Each time that it was let in (<see cref="JavaScriptClients.StartRecovering"/>).</summary>
    public EventLog<Entered> Connected { get; } = new(name);

    /// <summary>The ids that it had when it had joined its room, each time it was connected (<see cref="JavaScriptClients.StayAsync"/>).</summary>
    public EventLog<string> Joined { get; } = new(name);

    /// <summary>What it heard (as in <see cref="Said"/>), with null where its connection ended.</summary>
    public EventLog<string?> Story { get; } = new(name);

    /// <summary>What carries the connection now (Socket.IO).</summary>
    public async Task<string> TransportAsync() => (await owner.AskAsync(new { @do = "transport", client = Name }))!.GetValue<string>();

    /// <summary>Waits until the client is connected again; <see cref="Id"/> is its new one then (Socket.IO).</summary>
    public async Task ReconnectsAsync() => Id = (await owner.AskAsync(new { @do = "reconnected", client = Name }))!.GetValue<string>();

    /// <summary>Says bytes to a room (Socket.IO).</summary>
    public Task SayBytesAsync(string room, byte[] bytes) => owner.AskAsync(new { @do = "bytes", client = Name, room, base64 = Convert.ToBase64String(bytes) });

    /// <summary>Says an object with bytes in it to a room (Socket.IO): <c>{ of: [1, { file: bytes }, its first three], … }</c>.</summary>
    public Task SayNestedBytesAsync(string room, byte[] bytes) =>
        owner.AskAsync(new { @do = "nested", client = Name, room, base64 = Convert.ToBase64String(bytes) });

    /// <summary>Emits an event until it is acknowledged, from a client that repeats.</summary>
    public Task<JsonNode?> RequestAsync(string method, params object?[] arguments) =>
        owner.AskAsync(new { @do = "request", client = Name, method, args = arguments });

    /// <summary>Calls a method of the hub.</summary>
    /// <exception cref="ClientException">It fails.</exception>
    public Task<JsonNode?> CallAsync(string method, params object?[] arguments) =>
        owner.AskAsync(new { @do = "call", client = Name, method, args = arguments });

    /// <summary>Says <c>{ from, n }</c> to a room, n = 1, 2, …, until it is told to rest.</summary>
    /// <param name="room">The room.</param>
    /// <param name="go">Whether it goes on when it is connected again (Socket.IO).</param>
    /// <param name="every">How many milliseconds it rests when one is accepted: it loads the machine as long as processes take to start.</param>
    public Task LoadAsync(string room, bool go = false, int every = 10) => owner.AskAsync(new { @do = "load", client = Name, room, every, go });

    /// <summary>Ends the load; returns the last n.</summary>
    public async Task<int> RestAsync() => (await owner.AskAsync(new { @do = "rest", client = Name }))!.GetValue<int>();

    /// <summary>Who is in a room.</summary>
    public async Task<string[]> WhoAsync(string room) => [.. (await CallAsync("who", room))!.AsArray().Select(id => id!.GetValue<string>())];

    /// <summary>Ends the connection.</summary>
    public Task CloseAsync() => owner.AskAsync(new { @do = "close", client = Name });

    /// <summary>Ends the connection, and lets go of what the client saw: for tests with more clients than memory has room for.</summary>
    public async Task CloseForGoodAsync()
    {
        await CloseAsync();
        owner.Forget(this);
    }

    /// <summary>Waits until it has heard something, from a place in <see cref="Said"/> on.</summary>
    public Task HearsAsync(string json, int from = 0) => Said.FirstAsync(said => said == json, json, from);

    internal void Add(JsonObject message, long at)
    {
        if (message.TryGetPropertyValue("said", out var payload))
        {
            Said.Add(payload?.ToJsonString() ?? "null");
            Story.Add(payload?.ToJsonString() ?? "null");
        }
        else if (message.TryGetPropertyValue("asked", out var question))
        {
            Asked.Add(question?.ToJsonString() ?? "null");
        }
        else if (message["acked"] is { } acknowledged)
        {
            Acknowledged.Add((acknowledged.GetValue<int>(), at));
        }
        else if (message["connected"] is { } connected)
        {
            var id = connected.GetValue<string>();
            Connected.Add(new Entered(id, message["recovered"]!.GetValue<bool>(), Said.Count, message["token"]?.GetValue<string>())
            {
                HadJoined = Joined.All.Contains(id),
            });
        }
        else if (message["joined"] is { } joined)
        {
            Joined.Add(joined.GetValue<string>());
        }
        else if (message["failed"] is { } failed)
        {
            Failed.Add((failed.GetValue<int>(), message["error"]!.GetValue<string>()));
        }
        else if (message.TryGetPropertyValue("closed", out var error))
        {
            Closed.Add(error?.GetValue<string>());
            Story.Add(null);
        }
    }
}
