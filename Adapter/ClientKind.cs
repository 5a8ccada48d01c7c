namespace OrleansAdapter;

/// <summary>What a client speaks, and what carries it.</summary>
/// <param name="Protocol"><c>SignalR</c>, <c>Socket.IO</c>, or <c>Engine.IO</c> where that carries nothing of these.</param>
/// <param name="Transport">The transport's name in that protocol, such as <c>WebSockets</c> or <c>polling</c>.</param>
internal readonly record struct ClientKind(string Protocol, string Transport)
{
    public const string SignalRProtocol = "SignalR";
    public const string SocketIOProtocol = "Socket.IO";
    public const string EngineIOProtocol = "Engine.IO";

    /// <summary>A client of SignalR.</summary>
    public static ClientKind SignalR(string transport) => new(SignalRProtocol, transport);

    /// <summary>A client of Socket.IO.</summary>
    public static ClientKind SocketIO(string transport) => new(SocketIOProtocol, transport);
}
