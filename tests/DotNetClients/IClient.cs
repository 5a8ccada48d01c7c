using System.Text.Json.Nodes;

namespace OrleansAdapter.DotNetClients;

/// <summary>A client, whatever protocol it speaks.</summary>
internal interface IClient : IAsyncDisposable
{
    string Id { get; }

    /// <summary>What carries it: <c>polling</c> or <c>websocket</c>, or SignalR's name of it.</summary>
    string Transport { get; }

    /// <summary>Ends when it is connected.</summary>
    Task ConnectAsync();

    /// <summary>Calls something on the server; returns what that answers.</summary>
    Task<object?> CallAsync(string method, object?[] arguments);

    /// <summary>Ends when it is connected, again if need be.</summary>
    Task ReconnectedAsync();
}

/// <summary>Tells what a client sees.</summary>
internal sealed class ClientEvents(string client, Action<JsonObject> tell)
{
    public void Said(object? payload) => tell(new JsonObject { ["client"] = client, ["said"] = Values.Plain(payload) });

    public void Closed(string? reason) => tell(new JsonObject { ["client"] = client, ["closed"] = reason });

    /// <summary>What it answers to a question of the server's.</summary>
    public string Answer(string question)
    {
        tell(new JsonObject { ["client"] = client, ["asked"] = question });
        return $"{question}, of {client}";
    }
}
