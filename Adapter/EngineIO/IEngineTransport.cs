namespace OrleansAdapter.EngineIO;

/// <summary>What carries a session's packets to its client. All members are called with the session's gate held, and return at once.</summary>
internal interface IEngineTransport
{
    /// <summary>The name in the protocol: <c>polling</c> or <c>websocket</c>.</summary>
    string Name { get; }

    /// <summary>Whether it takes packets now. When it does so again, it tells the session (<see cref="EngineSession.TransportReady"/>).</summary>
    bool IsWritable { get; }

    /// <summary>About how many bytes go well into one write.</summary>
    int BatchSize { get; }

    /// <summary>Writes packets, all in one write where they fit. Only while it is writable; afterwards it may not be.</summary>
    void Send(ReadOnlySpan<OutboundPacket> packets);

    /// <summary>Ends it, telling the client so where that is possible without waiting. Nothing is sent afterwards.</summary>
    void Close();
}

/// <summary>What lives on a session: Socket.IO, or the application's own. Its members return at once and do not throw.</summary>
internal interface IEngineHandler
{
    /// <summary>The client has been told of its session: what is sent from now on comes behind that. A <see cref="Message"/> may have come before.</summary>
    void Opened()
    {
    }

    /// <summary>
    /// A message came. Called one at a time, in order. The data are valid during the call only.
    /// </summary>
    void Message(bool isBinary, ReadOnlyMemory<byte> data);

    /// <summary>The session has ended. Called once; a <see cref="Message"/> may still be running.</summary>
    void Closed(EngineCloseReason reason, string? description);

    /// <summary>Completes when more messages may be read: a client that sends faster than it is served waits.</summary>
    ValueTask WhenReadyAsync();

    /// <summary>Called with every ping, so that what takes too long can be ended without a timer of its own.</summary>
    void Heartbeat()
    {
    }

    /// <summary>Whether one side owes the other an answer.</summary>
    bool IsBusy => false;
}
