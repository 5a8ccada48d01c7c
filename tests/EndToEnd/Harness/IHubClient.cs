using System.Text.Json.Nodes;

namespace OrleansAdapter.EndToEnd.Harness;

/// <summary>What tests do with a client of the test application's hub, whatever it is written in.</summary>
internal interface IHubClient
{
    /// <summary>The connection's id, as the hub has it.</summary>
    string Id { get; }

    /// <summary>What it heard, as JSON.</summary>
    EventLog<string> Said { get; }

    /// <summary>Each time that the hub let it in.</summary>
    EventLog<Entered> Connected { get; }

    /// <summary>Calls a method of the hub.</summary>
    Task<JsonNode?> CallAsync(string method, params object?[] arguments);

    /// <summary>Ends the connection.</summary>
    Task CloseAsync();
}
