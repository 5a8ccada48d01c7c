namespace OrleansAdapter;

/// <summary>Why this server ends a client's connection: the one table of reasons.</summary>
internal enum DisconnectReason
{
    /// <summary>Somebody asked for it: <c>DisconnectSockets</c>. Only the namespace is left.</summary>
    ServerNamespaceDisconnect,

    /// <summary>Somebody asked for it, with <c>close</c>: the whole connection ends.</summary>
    ForcedServerClose,

    /// <summary>The client did not read as fast as it was sent to, and its queue was full.</summary>
    SlowClient,

    /// <summary>The directory had ended this server's stay, so that its clients may have missed something. They may reconnect at once.</summary>
    ServerFenced,

    /// <summary>The client came back over another connection, so that this one is of no use any more.</summary>
    SessionMoved,

    /// <summary>This server shuts down. Clients may reconnect, elsewhere.</summary>
    ServerShuttingDown,
}
