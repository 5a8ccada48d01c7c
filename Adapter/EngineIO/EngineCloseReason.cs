namespace OrleansAdapter.EngineIO;

/// <summary>Why a session ended: the one table, with Socket.IO's names for it.</summary>
internal enum EngineCloseReason
{
    /// <summary>The connection failed, or the client broke a rule of the transport.</summary>
    TransportError,

    /// <summary>The client closed it.</summary>
    TransportClose,

    /// <summary>This server closed it.</summary>
    ForcedClose,

    /// <summary>The client did not answer a ping.</summary>
    PingTimeout,

    /// <summary>The client sent what is no packet.</summary>
    ParseError,

    /// <summary>This server shuts down.</summary>
    ServerShuttingDown,
}

internal static class EngineCloseReasons
{
    public static string Name(this EngineCloseReason reason) => reason switch
    {
        EngineCloseReason.TransportError => "transport error",
        EngineCloseReason.TransportClose => "transport close",
        EngineCloseReason.ForcedClose => "forced close",
        EngineCloseReason.PingTimeout => "ping timeout",
        EngineCloseReason.ParseError => "parse error",
        _ => "server shutting down",
    };
}
