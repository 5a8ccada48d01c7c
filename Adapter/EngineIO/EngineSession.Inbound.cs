using System.Text.Unicode;

namespace OrleansAdapter.EngineIO;

/// <content>What comes in, by either transport.</content>
internal sealed partial class EngineSession
{
    private readonly Lock _inbound = new();

    /// <summary>A GET came. Null where it may not: the session has ended, or ends because one waits already.</summary>
    public PendingPoll? BeginPoll()
    {
        lock (_gate)
        {
            if (_state == State.Closed || _transport is not PollingTransport polling)
            {
                return null;
            }
            if (polling.Poll is null)
            {
                var poll = polling.Poll = new PendingPoll { IsDuringProbe = _probed };
                _awaitsPoll = false;
                FlushLocked();
                if (!TryFinishClosing())
                {
                    return poll;
                }
                TellClosedLater();
                return poll;
            }
        }
        Close(EngineCloseReason.TransportError, "overlap from client");
        return null;
    }

    /// <summary>The client gave up a GET that waits.</summary>
    public void PollAborted(PendingPoll poll)
    {
        lock (_gate)
        {
            if (_transport is not PollingTransport polling || !ReferenceEquals(polling.Poll, poll) || !CloseLocked())
            {
                return;
            }
        }
        TellClosed(EngineCloseReason.TransportError, "poll connection closed prematurely");
    }

    /// <summary>
    /// A GET's answer may not have reached the client: what was in it is lost, and the session with it. One that has been upgraded meanwhile lost a noop
    /// only.
    /// </summary>
    public void PollFailed()
    {
        if (Volatile.Read(ref _transport) is PollingTransport)
        {
            Close(EngineCloseReason.TransportError, "poll response failed");
        }
    }

    /// <summary>A POST came. False where it may not: the session has ended, or ends because there is one already.</summary>
    public bool BeginPost()
    {
        lock (_gate)
        {
            if (_state == State.Closed || _transport is not PollingTransport polling)
            {
                return false;
            }
            if (!polling.IsPosting)
            {
                polling.IsPosting = true;
                return true;
            }
        }
        Close(EngineCloseReason.TransportError, "data request overlap from client");
        return false;
    }

    /// <summary>A POST has been read.</summary>
    /// <returns>Whether all of it was good.</returns>
    public bool Receive(ReadOnlyMemory<byte> payload)
    {
        bool good;
        lock (_inbound)
        {
            // One that was upgraded meanwhile takes nothing from here any more; its client is told so.
            good = Volatile.Read(ref _transport) is PollingTransport;
            if (good && IsOpen && !Utf8.IsValid(payload.Span))
            {
                good = false;
                Close(EngineCloseReason.ParseError, "not valid UTF-8");
            }
            for (var last = false; good && !last && IsOpen;)
            {
                var text = EnginePacket.CutNext(ref payload, out last);
                good = EnginePacket.TryParse(text, out var packet);
                if (!good)
                {
                    Close(EngineCloseReason.ParseError, "unknown packet");
                }
                else if (packet.Type == EnginePacketType.Close)
                {
                    ClosedByClient();
                    return true;
                }
                else
                {
                    good = Receive(packet);
                }
            }
        }
        // What ended the session may have been found above this layer. A client in the middle of an upgrade hears of it by this answer only.
        return good && _state != State.Closed;
    }

    /// <summary>A POST is over: it was handed on and the next may come, or it was not read to its end.</summary>
    public void EndPost()
    {
        lock (_gate)
        {
            if (_transport is PollingTransport polling)
            {
                polling.IsPosting = false;
            }
        }
    }

    /// <summary>A message came over a WebSocket: the session's own, or one that probes for an upgrade. Text is valid UTF-8.</summary>
    public void Receive(WebSocketTransport from, bool isBinary, ReadOnlyMemory<byte> data)
    {
        lock (_inbound)
        {
            if (!ReferenceEquals(Volatile.Read(ref _transport), from))
            {
                Probe(from, isBinary, data);
            }
            else if (!IsOpen)
            {
            }
            else if (isBinary)
            {
                _server.Traffic?.Received(data.Length);
                _handler.Message(true, data);
            }
            else if (!EnginePacket.TryParse(data, out var packet))
            {
                Close(EngineCloseReason.ParseError, "unknown packet");
            }
            else if (packet.Type == EnginePacketType.Close)
            {
                // The reference waits for the ping timeout here.
                Close(EngineCloseReason.TransportClose, null);
            }
            else
            {
                Receive(packet);
            }
        }
    }

    /// <summary>A WebSocket has ended: the session's own, or one that probed for an upgrade.</summary>
    public void TransportEnded(WebSocketTransport transport, EngineCloseReason reason, string? description)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_candidate, transport))
            {
                EndProbe(closeCandidate: false);
                return;
            }
            if (!ReferenceEquals(_transport, transport))
            {
                return;
            }
        }
        Close(reason, description);
    }

    private bool Receive(EnginePacket packet)
    {
        switch (packet.Type)
        {
            case EnginePacketType.Message:
                _server.Traffic?.Received(packet.Data.Length);
                _handler.Message(packet.IsBinary, packet.Data);
                return true;
            case EnginePacketType.Pong:
                PongReceived();
                return true;
            case EnginePacketType.Ping:
                Close(EngineCloseReason.TransportError, "invalid heartbeat direction");
                return false;
            default:
                // Open, upgrade and noop mean nothing here, and do no harm.
                return true;
        }
    }

    /// <summary>The client closed a session of long-polling: a GET that waits ends with a noop.</summary>
    private void ClosedByClient()
    {
        lock (_gate)
        {
            (_transport as PollingTransport)?.End(OutboundPacket.Noop);
        }
        Close(EngineCloseReason.TransportClose, null);
    }

    /// <summary>For callers that hold the gate.</summary>
    private void TellClosedLater() =>
        ThreadPool.UnsafeQueueUserWorkItem(static session => session.TellClosed(session._closing, null), this, preferLocal: false);
}
