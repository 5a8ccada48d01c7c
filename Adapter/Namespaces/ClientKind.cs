namespace OrleansAdapter.Namespaces;

/// <summary>What a client speaks, and what carries it.</summary>
/// <param name="Protocol"><c>SignalR</c> or <c>Socket.IO</c>.</param>
/// <param name="Transport">The transport's name in that protocol, such as <c>WebSockets</c> or <c>polling</c>.</param>
internal readonly record struct ClientKind(string Protocol, string Transport);
