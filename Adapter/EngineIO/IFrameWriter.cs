namespace OrleansAdapter.EngineIO;

/// <summary>The way out of a WebSocket. Its members may be called from any thread, and do not throw.</summary>
internal interface IFrameWriter
{
    /// <summary>Told, without any lock held, when it is idle again.</summary>
    WebSocketTransport? Transport { get; set; }

    /// <summary>Whether what was written last has left, and more may be written.</summary>
    bool IsIdle { get; }

    /// <summary>Writes packets in one go. Dropped where the connection has ended.</summary>
    void Write(ReadOnlySpan<OutboundPacket> packets, bool base64);

    /// <summary>Writes a close frame, if that is possible at once, and nothing afterwards. False if it was not possible.</summary>
    bool TryFinish(ReadOnlyMemory<byte> frame);

    /// <summary>
    /// Writes a close frame behind what is being written, and nothing else afterwards. False where it cannot: nothing is being written, or it has ended.
    /// </summary>
    bool TryFinishLater(ReadOnlyMemory<byte> frame) => false;

    /// <summary>Ends it before the connection goes back to the server: nothing is written afterwards, and nothing is being written.</summary>
    Task EndAsync();
}
