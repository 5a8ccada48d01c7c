using System.Text.Json;
using OrleansAdapter.Namespaces;
using OrleansAdapter.SocketIO;
using OrleansAdapter.SocketIO.Protocol;

namespace OrleansAdapter.Admin;

/// <summary>Something that the admin UI does to the sockets of a namespace, on all servers.</summary>
/// <param name="Kind">The page's name for it: <c>emit</c>, <c>join</c>, <c>leave</c>, <c>_disconnect</c>.</param>
/// <param name="Namespace">The namespace.</param>
/// <param name="Filter">A room, or the id of a socket; null for all sockets.</param>
/// <param name="Name">The room to join or leave, or the event to emit.</param>
/// <param name="Close">Whether whole connections end.</param>
/// <param name="Arguments">The event's arguments.</param>
internal sealed record AdminAction(string Kind, string Namespace, string? Filter, string Name, bool Close, IReadOnlyList<SocketIOValue> Arguments)
{
    public const string Emit = "emit";
    public const string Join = "join";
    public const string Leave = "leave";
    public const string Disconnect = "_disconnect";

    private static readonly JsonSerializerOptions Json = new();

    /// <summary>Does it. Ends when it holds everywhere.</summary>
    /// <exception cref="ArgumentException">A name cannot be that of a room or of an event.</exception>
    public Task ApplyAsync(Namespace @namespace)
    {
        var sockets = string.IsNullOrEmpty(Filter) ? @namespace.Except() : @namespace.To(Filter);
        switch (Kind)
        {
            case Emit:
                ReservedEvents.Check(Name);
                return sockets.Emit(Name, [.. Arguments]);
            case Join:
                return sockets.SocketsJoinAsync(Name);
            case Leave:
                return sockets.SocketsLeaveAsync(Name);
            default:
                return sockets.DisconnectSocketsAsync(Close);
        }
    }

    /// <summary>For another server; bytes in arguments become base64.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>What another server said; null where it is nothing that this one knows.</summary>
    public static AdminAction? Read(JsonElement json)
    {
        try
        {
            var action = JsonSerializer.Deserialize<AdminAction>(json.GetString() ?? "", Json);
            return action is { Kind: Emit or Join or Leave or Disconnect } ? action : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>For logs: without the event's arguments.</summary>
    public override string ToString()
    {
        var whom = string.IsNullOrEmpty(Filter) ? $"all sockets of {Namespace}" : $"\"{Filter}\" in {Namespace}";
        return Kind switch
        {
            Emit => $"\"{Name}\" is emitted to {whom}",
            Join => $"{whom} is made to join \"{Name}\"",
            Leave => $"{whom} is made to leave \"{Name}\"",
            _ => $"{whom} is disconnected{(Close ? ", with the connection" : "")}",
        };
    }
}
