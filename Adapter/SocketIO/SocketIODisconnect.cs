namespace OrleansAdapter.SocketIO;

/// <summary>Why a socket disconnected.</summary>
/// <param name="Reason">One of the nine reasons of Socket.IO, which <see cref="DisconnectReasons"/> lists.</param>
/// <param name="Description">More, for logs; null where there is nothing to add.</param>
public readonly record struct SocketIODisconnect(string Reason, string? Description)
{
    /// <summary>
    /// Whether the client may come back to its session, with <see cref="SocketIOOptions.ConnectionStateRecovery"/>: then it is away, and not gone. If it does
    /// not, <see cref="SocketIONamespace.OnSessionEnded(Action{SocketIOSessionEnd})"/> tells.
    /// </summary>
    public bool MayComeBack { get; init; }
}

/// <summary>The reasons that Socket.IO knows for the end of a socket.</summary>
public static class DisconnectReasons
{
    /// <summary>The connection failed, or the client broke a rule of the transport.</summary>
    public const string TransportError = "transport error";

    /// <summary>The client closed the connection, or it was lost.</summary>
    public const string TransportClose = "transport close";

    /// <summary>This server closed the connection; also that of a client which read too slowly.</summary>
    public const string ForcedClose = "forced close";

    /// <summary>The client did not answer a ping.</summary>
    public const string PingTimeout = "ping timeout";

    /// <summary>The client sent what is no packet.</summary>
    public const string ParseError = "parse error";

    /// <summary>This server shuts down.</summary>
    public const string ServerShuttingDown = "server shutting down";

    /// <summary>The client sent a packet that may not come then, or joined no namespace in time.</summary>
    public const string ForcedServerClose = "forced server close";

    /// <summary>The client left the namespace.</summary>
    public const string ClientNamespaceDisconnect = "client namespace disconnect";

    /// <summary>This server made the client leave the namespace.</summary>
    public const string ServerNamespaceDisconnect = "server namespace disconnect";
}
