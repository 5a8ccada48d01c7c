using System.Text.Json.Nodes;
using OrleansAdapter.DotNetClients;

// .NET's clients of SignalR and of Socket.IO, driven by lines of JSON as those of Node.js are (tests/EndToEnd/clients/socketio.mjs, which see):
//   { id, do: "open", client, url, transport, kind, auth }     kind: "socketio", "signalr-json", "signalr-messagepack"
//   { id, do: "call", client, method, args }; { id, do: "transport", client }; { id, do: "reconnected", client }; { id, do: "close", client }
// It ends with its standard input.
var clients = new Dictionary<string, IClient>(StringComparer.Ordinal);
var writing = new Lock();
while (await Console.In.ReadLineAsync() is { } line)
{
    _ = AnswerAsync(JsonNode.Parse(line)!);
}

void Tell(JsonObject message)
{
    lock (writing)
    {
        Console.Out.WriteLine(message.ToJsonString());
        Console.Out.Flush();
    }
}

async Task AnswerAsync(JsonNode command)
{
    var answer = new JsonObject { ["id"] = command["id"]!.DeepClone() };
    try
    {
        answer["result"] = await RunAsync(command).WaitAsync(TimeSpan.FromSeconds(25));
    }
    catch (Exception exception)
    {
        answer["error"] = exception.Message;
    }
    Tell(answer);
}

async Task<JsonNode?> RunAsync(JsonNode command)
{
    var name = command["client"]!.GetValue<string>();
    switch (command["do"]!.GetValue<string>())
    {
        case "open":
            var kind = command["kind"]!.GetValue<string>();
            var events = new ClientEvents(name, Tell);
            var (url, transport, token) = (
                command["url"]!.GetValue<string>(), command["transport"]!.GetValue<string>(), command["auth"]?["token"]?.GetValue<string>());
            IClient client = kind == "socketio"
                ? new SocketIOPackageClient(url, transport, token, events)
                : new SignalRClient(url, transport, token, kind, events);
            await client.ConnectAsync();
            lock (clients)
            {
                clients[name] = client;
            }
            return client.Id;
        case "call":
            return Values.Plain(await Find(name).CallAsync(
                command["method"]!.GetValue<string>(), [.. command["args"]!.AsArray().Select(Values.Live)]));
        case "transport":
            return Find(name).Transport;
        case "reconnected":
            await Find(name).ReconnectedAsync();
            return Find(name).Id;
        case "close":
            await Find(name).DisposeAsync();
            return null;
        case var other:
            throw new ArgumentException($"There is no command \"{other}\".");
    }
}

IClient Find(string name)
{
    lock (clients)
    {
        return clients[name];
    }
}
