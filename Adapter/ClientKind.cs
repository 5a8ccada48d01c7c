namespace OrleansAdapter;

/// <summary>What a client speaks, and what carries it.</summary>
/// <param name="Protocol"><c>SignalR</c> or <c>Socket.IO</c>.</param>
/// <param name="Transport">The transport's name in that protocol, such as <c>WebSockets</c> or <c>polling</c>.</param>
internal readonly record struct ClientKind(string Protocol, string Transport)
{
    public const string SignalRProtocol = "SignalR";
    public const string SocketIOProtocol = "Socket.IO";

    /// <summary>A client of SignalR.</summary>
    public static ClientKind SignalR(string transport) => new(SignalRProtocol, transport);

    /// <summary>A client of Socket.IO.</summary>
    public static ClientKind SocketIO(string transport) => new(SocketIOProtocol, transport);
}
